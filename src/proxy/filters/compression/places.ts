/**
 * Compressions at once in one data plane. Each holds memory of its own for as long as its client reads, about half a megabyte for gzip and
 * two for brotli at its usual level: answers beyond that many are sent as they are.
 */
const MAX_COMPRESSIONS = 128;

/** How many more answers may be compressed at this moment. */
export class CompressionPlaces {
  #free: number;

  constructor(count = MAX_COMPRESSIONS) {
    this.#free = count;
  }

  get free(): number {
    return this.#free;
  }

  /** False: there is none. */
  take(): boolean {
    if (this.#free === 0) return false;
    this.#free--;
    return true;
  }

  release(): void {
    this.#free++;
  }
}
