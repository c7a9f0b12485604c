import type { Clock } from "../../lib/clock.ts";

/** Frames without a use (pings, settings, empty data, refused requests) a connection may send per minute. */
const NUISANCE_LIMIT = 500;
const NUISANCE_PERIOD_MS = 60_000;
/** Streams that may be reset at once, and how many more each second. */
const RESET_BURST = 200;
const RESETS_PER_SECOND = 33;
/** Streams above the limit that may be refused on one connection. */
const REFUSAL_LIMIT = 50;

/** Counts what only a hostile client does often. Each method is false once it was too often. */
export class FloodGuard {
  readonly #clock: Clock;
  #nuisances = 0;
  #periodStartMs: number;
  #resets = RESET_BURST;
  #resetMs: number;
  #refusals = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#periodStartMs = clock.monotonicMs();
    this.#resetMs = this.#periodStartMs;
  }

  nuisance(): boolean {
    this.#nuisances++;
    if (this.#nuisances <= NUISANCE_LIMIT) return true;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#periodStartMs < NUISANCE_PERIOD_MS) return false;
    this.#periodStartMs = nowMs;
    this.#nuisances = 1;
    return true;
  }

  /** A stream was reset by the client, or by us for a fault of the client: both cost work that was thrown away. */
  reset(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#resets = Math.min(RESET_BURST, this.#resets + ((nowMs - this.#resetMs) / 1000) * RESETS_PER_SECOND);
    this.#resetMs = nowMs;
    this.#resets--;
    return this.#resets >= 0;
  }

  refusal(): boolean {
    this.#refusals++;
    return this.#refusals <= REFUSAL_LIMIT;
  }
}
