import type { Clock } from "../../lib/clock.ts";

/** Says whether a file has stayed as it is for long enough to be believed. */
export class Settling {
  readonly #clock: Clock;
  readonly #settleMs: number;
  readonly #seen = new Map<string, { readonly stamp: string; readonly sinceMs: number }>();

  constructor(clock: Clock, settleMs: number) {
    this.#clock = clock;
    this.#settleMs = settleMs;
  }

  /** True once the path was first asked about with this stamp `settleMs` ago; it is then forgotten. */
  isSettled(path: string, stamp: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const seen = this.#seen.get(path);
    if (seen?.stamp !== stamp) this.#seen.set(path, { stamp, sinceMs: nowMs });
    else if (nowMs - seen.sinceMs >= this.#settleMs) return this.#seen.delete(path);
    return this.#settleMs <= 0;
  }
}
