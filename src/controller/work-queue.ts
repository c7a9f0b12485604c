import { setTimeout as sleep } from "node:timers/promises";

/** One piece of work after the other, with a pause in between. A piece that waits already is replaced, not repeated. */
export class WorkQueue<T> {
  readonly #work: (item: T, signal: AbortSignal) => Promise<void>;
  readonly #gapMs: number;
  readonly #waiting = new Map<string, T>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;

  /** `work` never rejects, and gives up when its signal aborts. */
  constructor(work: (item: T, signal: AbortSignal) => Promise<void>, gapMs: number) {
    this.#work = work;
    this.#gapMs = gapMs;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** Nothing more is taken after `stop`. */
  add(id: string, item: T): void {
    if (this.#stopping.signal.aborted) return;
    this.#waiting.set(id, item);
    this.#running ??= this.#run();
  }

  delete(id: string): void {
    this.#waiting.delete(id);
  }

  /** Resolves when nothing waits and nothing is under way. */
  async whenIdle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Drops what waits and cuts off what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.whenIdle();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    // Whatever else is added in this moment comes along.
    await Promise.resolve();
    for (const [id, item] of this.#waiting) {
      if (signal.aborted) break;
      this.#waiting.delete(id);
      await this.#work(item, signal);
      if (this.#gapMs > 0) await sleep(this.#gapMs, undefined, { signal }).catch(() => {});
    }
    this.#waiting.clear();
    this.#running = null;
  }
}
