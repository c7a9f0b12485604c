import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

/** What the load has seen since it was last asked. */
export interface LoadReport {
  readonly requests: number;
  readonly failures: number;
  readonly lastFailure: string;
  /** How long each answer of the admin server took, in milliseconds. */
  readonly adminMillis: readonly number[];
}

export interface TrafficOptions {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly adminPort: number;
  /** Requests go to the first of so many hosts, over TLS to the first of so many. */
  readonly hosts: number;
  readonly tlsHosts: number;
  /** Requests per second. */
  readonly rate: number;
}

const PROGRAM = resolve(import.meta.dirname, "../programs/scale-load.ts");
const DEADLINE_MS = 30_000;

/** Steady load from a process of its own. */
export class Traffic implements Disposable {
  readonly #child: ChildProcess;

  constructor({ httpPort, httpsPort, adminPort, hosts, tlsHosts, rate }: TrafficOptions) {
    const flags = {
      "http-port": httpPort,
      "https-port": httpsPort,
      "admin-port": adminPort,
      hosts,
      "tls-hosts": tlsHosts,
      rate,
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    this.#child = fork(PROGRAM, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.on("error", () => {});
  }

  /** What happened since the last report. */
  async report(): Promise<LoadReport> {
    const answer = once(this.#child, "message", { signal: AbortSignal.timeout(DEADLINE_MS) });
    this.#child.send("report");
    const [report] = (await answer) as [LoadReport];
    return report;
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }
}
