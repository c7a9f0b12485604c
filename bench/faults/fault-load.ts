import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

/** What clients have seen since they were last asked. */
export interface FaultLoadReport {
  readonly requests: number;
  /** Sent, and never answered. */
  readonly lost: number;
  /** Answered with anything but 200. */
  readonly wrong: number;
  /** How long answers took, of requests on connections that held. */
  readonly answerMillis: readonly number[];
  /** From the break of each connection to the next good answer. */
  readonly outageMillis: readonly number[];
}

const PROGRAM = resolve(import.meta.dirname, "../programs/fault-load.ts");
const DEADLINE_MS = 30_000;

/** Steady load from a process of its own. */
export class FaultLoad implements Disposable {
  readonly #child: ChildProcess;

  /** @param rate Requests per second. */
  constructor(port: number, hosts: number, rate: number) {
    this.#child = fork(PROGRAM, [port, hosts, rate].map(String), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.on("error", () => {});
  }

  /** What happened since the last report. */
  async report(): Promise<FaultLoadReport> {
    const answer = once(this.#child, "message", { signal: AbortSignal.timeout(DEADLINE_MS) });
    this.#child.send("report");
    const [report] = (await answer) as [FaultLoadReport];
    return report;
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }
}
