/** A fifth of the requests may be sent again, */
const SHARE = 0.2;
/** one more each second, so that an upstream with few requests has retries too, */
const PER_SECOND = 1;
/** and what was saved up in quiet times, up to this many. */
const LIMIT = 100;
const FIRST = 10;

/**
 * How many requests of one upstream may be sent again after an endpoint may have worked on them. Without a limit an upstream that is
 * overloaded as a whole would get several times its load. Attempts that reached no endpoint cost nothing and are not counted.
 */
export class RetryAllowance {
  #left = FIRST;
  #lookedAtMs: number;

  /** Monotonic milliseconds, here and below. */
  constructor(nowMs: number) {
    this.#lookedAtMs = nowMs;
  }

  /** A request came. */
  earn(): void {
    this.#left = Math.min(LIMIT, this.#left + SHARE);
  }

  /** True when one may be sent again; it is counted then. */
  spend(nowMs: number): boolean {
    const seconds = (nowMs - this.#lookedAtMs) / 1000;
    this.#lookedAtMs = nowMs;
    this.#left = Math.min(LIMIT, this.#left + seconds * PER_SECOND);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
