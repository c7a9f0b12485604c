import { setTimeout as sleep } from "node:timers/promises";

export interface WorkQueueOptions {
  /** Pieces under way at the same time, 1 at least. */
  readonly workers: number;
  /** Pause of a worker after each piece; 0 for none. */
  readonly gapMs: number;
}

/**
 * Does pieces of work in the order they came, some at the same time, but never two of one id. A piece that waits already is replaced, not
 * repeated; one that comes while its id is under way is done after that.
 */
export class WorkQueue<T> {
  readonly #work: (item: T, signal: AbortSignal) => Promise<void>;
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Map<string, T>();
  readonly #underWay = new Set<string>();
  readonly #stopping = new AbortController();
  /** Workers that have not ended; each of them once it found nothing to take. */
  readonly #workers = new Set<Promise<void>>();

  /** `work` never rejects, and gives up when its signal aborts. */
  constructor(work: (item: T, signal: AbortSignal) => Promise<void>, options: WorkQueueOptions) {
    this.#work = work;
    this.#options = options;
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
    if (this.#workers.size >= this.#options.workers) return;
    const worker: Promise<void> = this.#takeAll().finally(() => this.#workers.delete(worker));
    this.#workers.add(worker);
  }

  delete(id: string): void {
    this.#waiting.delete(id);
  }

  /** Resolves when nothing waits and nothing is under way. */
  async whenIdle(): Promise<void> {
    while (this.#workers.size > 0) await Promise.all(this.#workers);
  }

  /** Drops what waits and cuts off what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waiting.clear();
    await this.whenIdle();
  }

  async #takeAll(): Promise<void> {
    const { signal } = this.#stopping;
    // Whatever else is added in this moment comes along.
    await Promise.resolve();
    for (let id = this.#next(); id !== null && !signal.aborted; id = this.#next()) {
      const item = this.#waiting.get(id) as T;
      this.#waiting.delete(id);
      this.#underWay.add(id);
      await this.#work(item, signal);
      this.#underWay.delete(id);
      if (this.#options.gapMs > 0) await sleep(this.#options.gapMs, undefined, { signal }).catch(() => {});
    }
  }

  #next(): string | null {
    for (const id of this.#waiting.keys()) if (!this.#underWay.has(id)) return id;
    return null;
  }
}
