/** Lines of one reason, and lines in all, that a second may have. */
const PER_CODE = 10;
const IN_ALL = 50;
const SECOND_MS = 1000;

/** Limits error lines, so that errors caused on purpose do not fill a disk, and counts those left out. */
export class LineAllowance {
  readonly #written = new Map<string, number>();
  #leftOut = new Map<string, number>();
  #all = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;

  /** Whether a line of that code may be written now; if not, it is counted. */
  admits(code: string, nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= SECOND_MS) this.#begin(nowMs);
    const written = this.#written.get(code) ?? 0;
    if (written >= PER_CODE || this.#all >= IN_ALL) {
      this.#leftOut.set(code, (this.#leftOut.get(code) ?? 0) + 1);
      return false;
    }
    this.#written.set(code, written + 1);
    this.#all++;
    return true;
  }

  /** How many were left out since the last call, by code. */
  takeLeftOut(): ReadonlyMap<string, number> {
    const leftOut = this.#leftOut;
    if (leftOut.size > 0) this.#leftOut = new Map();
    return leftOut;
  }

  #begin(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#written.clear();
    this.#all = 0;
  }
}
