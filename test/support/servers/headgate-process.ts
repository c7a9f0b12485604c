import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";

const ROOT = resolve(import.meta.dirname, "../../..");
const SOURCE = resolve(ROOT, "src/main.ts");
const START_DEADLINE_MS = 45_000;
const STOP_DEADLINE_MS = 10_000;

const ANY_PORTS = ["--http-port", "0", "--https-port", "0", "--healthz-port", "0", "--profiler-port", "0"];
const DEV_PORTS = / {2}http +http:\S+:(\d+)\n {2}https +https:\S+:(\d+).*\n {2}metrics +http:\S+:(\d+)/;
const CONTROLLER_PORTS = /"ports":\{"http":(\d+),"https":(\d+),"admin":(\d+)\}/;

export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly admin: number;
}

interface StartOptions {
  readonly stdin?: Promise<string> | null;
  /** What Node runs; default: the program's source. */
  readonly script?: string;
  /** Words before Node. */
  readonly launcher?: readonly string[];
}

/** `headgate dev` or `headgate controller` as people run it: a process of its own, on ports that the system chooses. */
export class HeadgateProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly #waiters = new Set<() => void>();
  #output = "";
  #ports: Ports | null = null;

  private constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    { stdin = null, script = SOURCE, launcher = [] }: StartOptions = {},
  ) {
    const [command = "", ...rest] = [...launcher, process.execPath, script, ...args];
    this.#child = spawn(command, rest, {
      cwd: ROOT,
      stdio: [stdin === null ? "ignore" : "pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    void stdin?.then((text) => this.#child.stdin?.on("error", () => {}).end(text));
    this.#exited = once(this.#child, "exit").then(([code]) => code as number | null);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        for (const wake of this.#waiters) wake();
      });
    }
    this.#child.once("exit", () => {
      for (const wake of this.#waiters) wake();
    });
  }

  /** `headgate dev`. Resolves once the banner is out, which is when the first configuration is served. */
  static dev(...args: readonly string[]): Promise<HeadgateProcess> {
    return new HeadgateProcess(["dev", ...args, ...ANY_PORTS], {}).#untilPorts(DEV_PORTS);
  }

  /** `headgate dev` with so many descriptors at most. */
  static scarce(descriptors: number, ...args: readonly string[]): Promise<HeadgateProcess> {
    const launcher = ["/bin/sh", "-c", `ulimit -n ${descriptors}; exec "$0" "$@"`];
    return new HeadgateProcess(["dev", ...args, ...ANY_PORTS], {}, { launcher }).#untilPorts(DEV_PORTS);
  }

  /** `… | headgate dev - …` with ports that the test chose. Resolves at once: what is piped may come later. */
  static piped(stdin: Promise<string>, ...args: readonly string[]): HeadgateProcess {
    return new HeadgateProcess(["dev", "-", ...args], {}, { stdin });
  }

  /** `headgate dev` of an installed package, by the path of its command. */
  static installedDev(script: string, ...args: readonly string[]): Promise<HeadgateProcess> {
    return new HeadgateProcess(["dev", ...args, ...ANY_PORTS], {}, { script }).#untilPorts(DEV_PORTS);
  }

  /** `headgate controller`. Resolves once the ports are open. */
  static controller(...args: readonly string[]): Promise<HeadgateProcess> {
    return new HeadgateProcess(["controller", ...ANY_PORTS, ...args], {}).#untilPorts(CONTROLLER_PORTS);
  }

  /** `headgate controller` in the pod `namespace/name`. */
  static pod(pod: string, ...args: readonly string[]): Promise<HeadgateProcess> {
    const [POD_NAMESPACE = "", POD_NAME = ""] = pod.split("/");
    const argv = ["controller", ...args, ...ANY_PORTS];
    return new HeadgateProcess(argv, { POD_NAMESPACE, POD_NAME }).#untilPorts(CONTROLLER_PORTS);
  }

  /** A container's arguments as they are, in the pod `namespace/name`; `headgate controller` with ports that the test chose. */
  static container(pod: string, args: readonly string[]): Promise<HeadgateProcess> {
    const [POD_NAMESPACE = "", POD_NAME = ""] = pod.split("/");
    return new HeadgateProcess(args, { POD_NAMESPACE, POD_NAME }).#untilPorts(CONTROLLER_PORTS);
  }

  /** A job's arguments as they are, run to the end; resolves with the process, whose output says how it went. */
  static async job(namespace: string, args: readonly string[]): Promise<HeadgateProcess> {
    const job = new HeadgateProcess(args, { POD_NAMESPACE: namespace });
    await job.exited;
    return job;
  }

  get ports(): Ports {
    if (this.#ports === null) throw new Error("not started");
    return this.#ports;
  }

  /** Everything printed so far, without colours. */
  get output(): string {
    return stripVTControlCharacters(this.#output);
  }

  /** What was printed exactly. */
  get rawOutput(): string {
    return this.#output;
  }

  /** Resolves with the match once the output has one; rejects after a deadline or when the process ended without it. */
  async untilOutput(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(START_DEADLINE_MS);
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (deadline.aborted || this.#child.exitCode !== null) throw new Error(`no ${pattern} in:\n${this.output}`);
      await this.#nextOutput(deadline);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The exit code; null when it was killed. */
  get exited(): Promise<number | null> {
    return this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), STOP_DEADLINE_MS);
    await this.#exited;
    clearTimeout(force);
  }

  async #untilPorts(pattern: RegExp): Promise<this> {
    try {
      const [, http, https, admin] = await this.untilOutput(pattern);
      this.#ports = { http: Number(http), https: Number(https), admin: Number(admin) };
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  #nextOutput(deadline: AbortSignal): Promise<void> {
    const { promise, resolve: done } = Promise.withResolvers<void>();
    this.#waiters.add(done);
    deadline.addEventListener("abort", () => done());
    return promise.finally(() => this.#waiters.delete(done));
  }
}
