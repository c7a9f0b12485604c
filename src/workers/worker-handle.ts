import type { CPUProfileHandle } from "node:v8";
import { Worker } from "node:worker_threads";
import { extname } from "node:path";
import type { SocketPlan } from "../model/socket.ts";
import type { Ports } from "../proxy/proxy.ts";
import type { FromWorker, ToWorker, WorkerBoot } from "./messages.ts";

/** From source the entry is TypeScript, after the build JavaScript. */
const ENTRY = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url);
/**
 * Three times the part in which new objects are made. V8's own limit is four times as high; memory that was once used for that is
 * not given back, and a proxy's objects live as long as an exchange or as a connection, seldom between the two.
 */
const YOUNG_GENERATION_MB = 24;
/** Above a worker's own limit for draining. */
const CLOSING_MARGIN_MS = 3_000;

/** Receives the events of a worker's life. */
export interface MemberEvents {
  onMessage(member: WorkerHandle, message: FromWorker): void;
  /** The thread is gone; the last thing heard of it. `lost`: nobody had asked for that. */
  onGone(member: WorkerHandle, end: { readonly lost: boolean; readonly reason: string }): void;
}

export interface MemberOptions {
  readonly boot: WorkerBoot;
  readonly heapLimitMb: number;
  readonly events: MemberEvents;
  readonly entry?: URL;
}

/** One worker thread, seen from the main thread. */
export class WorkerHandle {
  readonly id: number;
  readonly boot: WorkerBoot;
  /** `retiring`: it serves what it has and takes nothing new. */
  state: "starting" | "listening" | "retiring" | "gone" = "starting";
  readonly #thread: Worker;
  readonly #listening = Promise.withResolvers<Ports>();
  readonly #closed = Promise.withResolvers<void>();
  #reason = "it ended by itself";

  constructor({ boot, heapLimitMb, events, entry = ENTRY }: MemberOptions) {
    this.id = boot.id;
    this.boot = boot;
    this.#thread = new Worker(entry, {
      name: `worker ${boot.id}`,
      workerData: boot,
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    // Waiters get the error; there may be none.
    this.#listening.promise.catch(() => {});
    this.#thread.on("message", (message: FromWorker) => this.#hear(message, events));
    this.#thread.on("error", (error) => {
      this.#reason = error instanceof Error ? error.message : String(error);
    });
    this.#thread.once("exit", () => {
      const lost = this.state !== "retiring";
      this.state = "gone";
      this.#listening.reject(new Error(`a worker died before it could listen: ${this.#reason}`));
      this.#closed.resolve();
      events.onGone(this, { lost, reason: this.#reason });
    });
  }

  /** Throws when the message cannot be cloned. What a dead thread is told is lost. */
  post(message: ToWorker): void {
    this.#thread.postMessage(message);
  }

  /** Opens the sockets of the plan and gives their ports. Rejects with one sentence when that fails, or when the thread dies. */
  async listen(plan: SocketPlan): Promise<Ports> {
    this.post({ kind: "listen", plan });
    const bound = await this.#listening.promise;
    if (this.state === "starting") this.state = "listening";
    return bound;
  }

  /** Rejects when the thread is no more. */
  async startCpuProfile(): Promise<CPUProfileHandle> {
    return await this.#thread.startCpuProfile();
  }

  /** Lets it finish what it has, at most for that time, and ends the thread. */
  async retire(limitMs: number): Promise<void> {
    if (this.state === "gone") return;
    this.state = "retiring";
    this.post({ kind: "drain", limitMs });
    const overdue = setTimeout(() => this.#closed.resolve(), limitMs + CLOSING_MARGIN_MS);
    await this.#closed.promise;
    clearTimeout(overdue);
    await this.#thread.terminate();
  }

  async terminate(): Promise<void> {
    await this.#thread.terminate();
  }

  #hear(message: FromWorker, events: MemberEvents): void {
    if (message.kind === "listening") this.#listening.resolve(message.ports);
    else if (message.kind === "not-listening") this.#listening.reject(new Error(message.message));
    else if (message.kind === "closed") this.#closed.resolve();
    else events.onMessage(this, message);
  }
}
