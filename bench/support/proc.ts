import { readdirSync, readFileSync } from "node:fs";

/** CPU time in microseconds that a process, its threads and its children have used so far (Linux scheduler statistics). */
export function cpuMicros(pid: number): number {
  return sumOverTree(pid, (each) => {
    let nanos = 0;
    for (const task of entriesOf(`/proc/${each}/task`)) {
      nanos += parseSchedstat(readOrEmpty(`/proc/${each}/task/${task}/schedstat`));
    }
    return nanos / 1000;
  });
}

/** Resident memory of a process and its children in KB. */
export function residentKb(pid: number): number {
  return sumOverTree(pid, (each) => parseResidentKb(readOrEmpty(`/proc/${each}/status`)));
}

/** Memory of a process and its children in KB that no file is behind: what the kernel cannot take back. */
export function anonymousKb(pid: number): number {
  return sumOverTree(pid, (each) => parseAnonymousKb(readOrEmpty(`/proc/${each}/status`)));
}

/** Microseconds that one core has been busy with anything since boot; what a hypervisor took away counts as busy. */
export function coreBusyMicros(core: number): number {
  return parseCoreBusyMicros(readOrEmpty("/proc/stat"), core);
}

/** Nanoseconds on a CPU, the first field of `/proc/PID/task/TID/schedstat`; 0 for a thread that has ended. */
export function parseSchedstat(text: string): number {
  const nanos = Number(text.split(" ")[0]);
  return Number.isFinite(nanos) ? nanos : 0;
}

/** `VmRSS` of `/proc/PID/status`; 0 for a process that has ended. */
export function parseResidentKb(text: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
}

/** `RssAnon` of `/proc/PID/status`; 0 for a process that has ended. */
export function parseAnonymousKb(text: string): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
}

/** `/proc/stat` counts in ticks of 10 ms: user, nice, system, idle, iowait, irq, softirq, steal. */
export function parseCoreBusyMicros(text: string, core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, "m").exec(text)?.[1] ?? "";
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = line.split(" ").map(Number);
  return (user + nice + system + irq + softIrq + steal) * 10_000;
}

function sumOverTree(pid: number, measure: (pid: number) => number): number {
  return childrenOf(pid).reduce((sum, child) => sum + sumOverTree(child, measure), measure(pid));
}

function childrenOf(pid: number): readonly number[] {
  const text = readOrEmpty(`/proc/${pid}/task/${pid}/children`).trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** Threads and processes end between the listing and the reading. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function entriesOf(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
