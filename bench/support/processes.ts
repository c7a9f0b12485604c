import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** A server under measurement, pinned to one core. */
export interface Running {
  readonly pid: number;
  /** Still there, and listening. */
  alive(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface Launch {
  readonly command: readonly string[];
  readonly core: number | "all";
  /** It has started when this accepts connections. */
  readonly port: number;
  /** Files that its standard output and standard error are appended to. */
  readonly stdoutFile: string;
  readonly stderrFile: string;
}

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 2_000;
const LOOK_EVERY_MS = 50;
const SHOWN_CHARACTERS = 2_000;

/** A run that is broken off must not leave servers behind. */
const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts a pinned process and waits until it accepts connections. Rejects with the end of its output when it does not. */
export async function startPinned({ command, core, port, stdoutFile, stderrFile }: Launch): Promise<Running> {
  const [stdout, stderr] = [openSync(stdoutFile, "a"), openSync(stderrFile, "a")];
  const cores = core === "all" ? `0-${availableParallelism() - 1}` : String(core);
  const child = spawn("taskset", ["-c", cores, ...command], { stdio: ["ignore", stdout, stderr] });
  child.on("error", () => {});
  children.add(child);
  child.once("exit", () => children.delete(child));
  closeSync(stdout);
  closeSync(stderr);
  const deadline = AbortSignal.timeout(START_DEADLINE_MS);
  while (!(await accepts(port))) {
    if (child.exitCode === null && child.signalCode === null && !deadline.aborted) {
      await sleep(LOOK_EVERY_MS);
      continue;
    }
    await stop(child);
    const output = readFileSync(stderrFile, "utf8").slice(-SHOWN_CHARACTERS);
    throw new Error(`${command.slice(0, 3).join(" ")} … does not listen on port ${port}:\n${output}`);
  }
  if (child.pid === undefined) throw new Error(`${command.join(" ")} did not start`);
  return { pid: child.pid, alive: async () => child.exitCode === null && accepts(port), stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(killer);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Whether a program is on the path. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync("which", [name], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
