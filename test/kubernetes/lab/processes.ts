import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";

/** A program of the lab with a log file of its own, which can be stopped, killed, paused and started again. */
export class LabProcess {
  readonly name: string;
  readonly #command: readonly string[];
  readonly #log: string;
  #child: ChildProcess | null = null;

  constructor(name: string, command: readonly string[], folder: string) {
    this.name = name;
    this.#command = command;
    mkdirSync(folder, { recursive: true });
    this.#log = join(folder, `${name}.log`);
  }

  /** With further arguments for this time. */
  start(...more: readonly string[]): void {
    if (this.isRunning) return;
    const [program = "", ...args] = this.#command;
    const log = openSync(this.#log, "a");
    this.#child = spawn(program, [...args, ...more], { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child.on("error", () => {});
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIGSTOP and SIGCONT pause it; resolves at once. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Resolves when it is gone, after `limitMs` by force. */
  async end(signal: NodeJS.Signals, limitMs: number): Promise<void> {
    const child = this.#child;
    if (child === null || !this.isRunning) return;
    const exited = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    const force = setTimeout(() => child.kill("SIGKILL"), limitMs);
    await exited;
    clearTimeout(force);
  }
}
