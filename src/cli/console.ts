import { BoundedWriter } from "../observability/observability.ts";
import type { WorkersOptions } from "../workers/workers.ts";
import type { SignalSource } from "./shutdown.ts";

/** The process as the commands see it: a test can be one as well. */
export interface Environment {
  /** Without node and script. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** 0 when the output is not a terminal. */
  readonly terminalColumns: number;
  readonly signals: SignalSource;
  /** Both never wait for their reader. */
  readonly stdout: BoundedWriter;
  readonly stderr: BoundedWriter;
}

/** Log text held while a reader is slow. */
const PENDING_LIMIT_BYTES = 8 * 1_048_576;

export function openOutput(fd: 1 | 2): BoundedWriter {
  return new BoundedWriter({ fd, limitBytes: PENDING_LIMIT_BYTES });
}

/** How workers log: to the same descriptors, under the same locks as the main thread. */
export function workerLog(
  environment: Environment,
  style: Pick<WorkersOptions["log"], "level" | "format" | "requests">,
): WorkersOptions["log"] {
  const { stdout, stderr } = environment;
  const locks = { stdoutLock: stdout.lock.memory, stderrLock: stderr.lock.memory };
  return { ...style, ...locks, colors: wantsColors(environment) };
}

/** Colours at a terminal, unless `NO_COLOR` is set (no-color.org: any value but the empty one). */
export function wantsColors({ env, terminalColumns }: Environment): "on" | "off" {
  const refused = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  return terminalColumns > 0 && !refused ? "on" : "off";
}
