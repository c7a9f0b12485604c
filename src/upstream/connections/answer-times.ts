/** Where averages of answer times are kept: shared memory, so that what one thread learns of an endpoint all of them know. */
export interface AnswerTimesMemory {
  /** Whose average an entry is, see `keyOf`; 0: none. */
  readonly keys: Int32Array<SharedArrayBuffer>;
  /** Two cells for each key: the average in milliseconds, and the monotonic time of its last change. */
  readonly cells: Float64Array<SharedArrayBuffer>;
}

/** An entry lives in one of the places of its bucket. */
const BUCKET_ENTRIES = 8;
const CELLS = 2;

/** Room for that many endpoints of balancers that look at answer times, rounded up to a power of two; 20 bytes each. */
export function createAnswerTimesMemory(capacity: number): AnswerTimesMemory {
  const entries = 2 ** Math.ceil(Math.log2(Math.max(capacity, BUCKET_ENTRIES)));
  return {
    keys: new Int32Array(new SharedArrayBuffer(entries * Int32Array.BYTES_PER_ELEMENT)),
    cells: new Float64Array(new SharedArrayBuffer(entries * CELLS * Float64Array.BYTES_PER_ELEMENT)),
  };
}

/**
 * Averages by key. Nothing is locked: a change that another thread's change runs over is one answer less in an average. Where a
 * bucket is full, the entry that was not changed for the longest time gives way.
 */
export class AnswerTimes {
  readonly #keys: Int32Array<SharedArrayBuffer>;
  readonly #cells: Float64Array<SharedArrayBuffer>;

  constructor({ keys, cells }: AnswerTimesMemory) {
    this.#keys = keys;
    this.#cells = cells;
  }

  /** Place of that key; -1 when there is none. A place is good for one iteration of the event loop. */
  find(key: number): number {
    const first = this.#firstOf(key);
    for (let place = first; place < first + BUCKET_ENTRIES; place++) if (this.#keys[place] === key) return place;
    return -1;
  }

  averageMs(place: number): number {
    return this.#cells[place * CELLS] ?? 0;
  }

  changedAtMs(place: number): number {
    return this.#cells[place * CELLS + 1] ?? 0;
  }

  /** Writes an average, in a new place if there is none. */
  set(key: number, averageMs: number, nowMs: number): void {
    let place = this.find(key);
    if (place === -1) place = this.#take(key);
    this.#cells[place * CELLS] = averageMs;
    this.#cells[place * CELLS + 1] = nowMs;
  }

  forget(key: number): void {
    const place = this.find(key);
    if (place !== -1) Atomics.compareExchange(this.#keys, place, key, 0);
  }

  #firstOf(key: number): number {
    return ((key >>> 1) * BUCKET_ENTRIES) & (this.#keys.length - 1);
  }

  #take(key: number): number {
    const first = this.#firstOf(key);
    let best = first;
    for (let place = first; place < first + BUCKET_ENTRIES; place++) {
      if (Atomics.compareExchange(this.#keys, place, 0, key) === 0) return place;
      if (this.changedAtMs(place) < this.changedAtMs(best)) best = place;
    }
    Atomics.store(this.#keys, best, key);
    return best;
  }
}

/** A number that stands for an endpoint of an upstream: never 0, and the same in every thread (FNV-1a). */
export function keyOf(upstreamId: string, endpointId: string): number {
  let hash = 0x811c9dc5;
  for (const text of [upstreamId, " ", endpointId]) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  // The last characters have to reach the bits that choose a bucket.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) | 1;
}
