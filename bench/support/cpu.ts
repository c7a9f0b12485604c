import { readdirSync, readFileSync } from "node:fs";

/** CPU time in microseconds that a process, its threads and its children have used so far (Linux scheduler statistics). */
export function cpuMicros(pid: number): number {
  let total = threadMicros(pid);
  for (const child of childrenOf(pid)) total += cpuMicros(child);
  return total;
}

function threadMicros(pid: number): number {
  let nanos = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanos += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      // The thread ended between the listing and the reading.
    }
  }
  return nanos / 1000;
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}
