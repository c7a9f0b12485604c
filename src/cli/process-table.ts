import { readdirSync, readFileSync } from "node:fs";

/** One life of a process: its number, and when it began, because numbers are used again. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after the start of the machine. */
  readonly startedAt: string;
}

/** The processes of this container. */
export interface ProcessTable {
  /** Running controllers, this process left out. */
  controllers(): readonly ProcessId[];
  isAlive(id: ProcessId): boolean;
  /** False when it may not be sent. */
  signal(id: ProcessId, signal: "SIGTERM"): boolean;
}

/** Linux's `/proc`. Other containers of a pod that shares its process namespace are in other control groups. */
export function openProcessTable(root = "/proc"): ProcessTable {
  const ownGroup = readOr(`${root}/self/cgroup`, "");
  const isController = (pid: number): boolean => {
    const [program = "", ...rest] = readOr(`${root}/${pid}/cmdline`, "").split("\0");
    // Flags of Node's own stand before the script.
    const [script = "", command = ""] = rest.slice(rest.findIndex((word) => !word.startsWith("-")));
    return (
      pid !== process.pid &&
      /(?:^|\/)node$/.test(program) &&
      /(?:^|\/)(?:main\.[jt]s|headgate(?:\.cjs)?)$/.test(script) &&
      command === "controller" &&
      readOr(`${root}/${pid}/cgroup`, "?") === ownGroup
    );
  };
  return {
    controllers: () =>
      readdirSync(root)
        .map(Number)
        .filter((pid) => Number.isInteger(pid) && isController(pid))
        .flatMap((pid) => identify(root, pid) ?? []),
    isAlive: (id) => identify(root, id.pid)?.startedAt === id.startedAt,
    signal: ({ pid }, signal) => {
      try {
        return process.kill(pid, signal);
      } catch {
        return false;
      }
    },
  };
}

/** Null when it is gone, or a zombie: no process reaps in a container whose first process is ours. */
function identify(root: string, pid: number): ProcessId | null {
  const stat = readOr(`${root}/${pid}/stat`, "");
  // The program's name stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startedAt = fields[19];
  return startedAt === undefined || fields[0] === "Z" ? null : { pid, startedAt };
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return fallback;
  }
}
