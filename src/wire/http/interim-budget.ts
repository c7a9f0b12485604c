const MAX_RESPONSES = 8;
const MAX_BYTES = 65_536;

/** Counts the interim responses to one request: a backend may send a few, not a flood. */
export class InterimBudget {
  #count = 0;
  #bytes = 0;

  start(): void {
    this.#count = 0;
    this.#bytes = 0;
  }

  /** False when that was one too many. */
  spend(headBytes: number): boolean {
    this.#count++;
    this.#bytes += headBytes;
    return this.#count <= MAX_RESPONSES && this.#bytes <= MAX_BYTES;
  }
}
