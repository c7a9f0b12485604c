import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../lib/clock.ts";

export interface WriteLimit {
  /** Writes a second in the long run; `Infinity` for no limit. */
  readonly perSecond: number;
  /** Writes that may start at once after a quiet time, 1 at least. */
  readonly burst: number;
}

/** Resolves after `ms`, or early without an error when the signal aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

const systemPause: Pause = (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {});

/** A bucket of tokens for everything that is written at leisure: turns are given out in the order they were asked for. */
export class WriteRate {
  readonly #clock: Clock;
  readonly #pause: Pause;
  readonly #intervalMs: number;
  readonly #aheadMs: number;
  /** When the bucket is full again. */
  #fullAtMs = -Infinity;

  constructor({ perSecond, burst }: WriteLimit, clock: Clock, pause: Pause = systemPause) {
    this.#clock = clock;
    this.#pause = pause;
    this.#intervalMs = 1_000 / perSecond;
    this.#aheadMs = (burst - 1) * this.#intervalMs;
  }

  /** Resolves when one write may start; early when the signal aborts, which the caller looks at. */
  async turn(signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const fromMs = Math.max(this.#fullAtMs, nowMs);
    this.#fullAtMs = fromMs + this.#intervalMs;
    const startMs = fromMs - this.#aheadMs;
    if (startMs > nowMs) await this.#pause(startMs - nowMs, signal);
  }
}
