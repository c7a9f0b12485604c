import type { Clock } from "../../../src/lib/clock.ts";

interface Sleeper {
  readonly atMs: number;
  wake(): void;
}

/** Time that jumps to the next moment somebody waits for, as soon as nobody has anything else to do. */
export class VirtualTime implements Clock {
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Resolves after so much of this time, or early when the signal aborts. */
  pause = async (ms: number, signal?: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = { atMs: this.#nowMs + ms, wake: resolve };
    this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    this.#sleepers.delete(sleeper);
  };

  /** Lets time pass until the work is done. */
  async passUntil<T>(work: Promise<T>): Promise<T> {
    const state = { done: false };
    const settled = work.finally(() => (state.done = true));
    settled.catch(() => {});
    while (!state.done) {
      // Everything that can happen now, happens.
      await new Promise((resolve) => setImmediate(resolve));
      if (state.done || this.#sleepers.size === 0) continue;
      this.#nowMs = Math.max(this.#nowMs, Math.min(...[...this.#sleepers].map(({ atMs }) => atMs)));
      for (const sleeper of this.#sleepers) if (sleeper.atMs <= this.#nowMs) sleeper.wake();
    }
    return await settled;
  }
}
