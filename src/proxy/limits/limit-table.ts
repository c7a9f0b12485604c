/** Offsets inside an entry. One entry is 16 cells, a cache line. Keys are cells 1…6: address, then zone. */
export const CELL = {
  /** Hash of the key with its lowest bit set; 0 marks a place never used. */
  tag: 0,
  key: 1,
  /** Monotonic milliseconds of the last look at the entry, wrapped to 32 bits. */
  seenMs: 7,
  inFlight: 8,
  secondExcess: 9,
  minuteExcess: 12,
} as const;

const KEY_CELLS = 6;
const ENTRY_CELLS = 16;
/** An entry lives in one of this many places after its hash, so a look-up has a fixed worst case. */
const WINDOW = 16;

/**
 * Fixed-capacity hash table in one Int32Array, so that it can later lie in shared memory. Places are never emptied, only taken
 * over: where a window is full, its longest unused entry without requests in flight gives way.
 */
export class LimitTable {
  readonly cells: Int32Array<ArrayBuffer>;
  readonly #mask: number;
  readonly #seed: number;

  constructor(capacity: number, seed: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(capacity, WINDOW)));
    this.cells = new Int32Array(places * ENTRY_CELLS);
    this.#mask = places - 1;
    this.#seed = seed;
  }

  /** Offset of the key's entry; -1 when there is none. */
  find(key: Int32Array): number {
    const hash = hashKey(key, this.#seed);
    const tag = hash | 1;
    for (let i = 0; i < WINDOW; i++) {
      const at = ((hash + i) & this.#mask) * ENTRY_CELLS;
      const found = this.cells[at + CELL.tag];
      if (found === 0) return -1;
      if (found === tag && this.#holds(at, key)) return at;
    }
    return -1;
  }

  /** Offset of the key's entry, made new when there is none; -1 when the window is full of entries in flight. */
  claim(key: Int32Array, nowMs: number): number {
    const hash = hashKey(key, this.#seed);
    const tag = hash | 1;
    let oldest = -1;
    for (let i = 0; i < WINDOW; i++) {
      const at = ((hash + i) & this.#mask) * ENTRY_CELLS;
      const found = this.cells[at + CELL.tag];
      if (found === 0) return this.#take(at, tag, key, nowMs);
      if (found === tag && this.#holds(at, key)) {
        this.cells[at + CELL.seenMs] = nowMs;
        return at;
      }
      if (this.cells[at + CELL.inFlight] === 0 && (oldest === -1 || this.#seenBefore(at, oldest))) oldest = at;
    }
    return oldest === -1 ? -1 : this.#take(oldest, tag, key, nowMs);
  }

  #take(at: number, tag: number, key: Int32Array, nowMs: number): number {
    this.cells.fill(0, at, at + ENTRY_CELLS);
    this.cells[at + CELL.tag] = tag;
    this.cells.set(key, at + CELL.key);
    this.cells[at + CELL.seenMs] = nowMs;
    return at;
  }

  #holds(at: number, key: Int32Array): boolean {
    for (let i = 0; i < KEY_CELLS; i++) {
      if (this.cells[at + CELL.key + i] !== key[i]) return false;
    }
    return true;
  }

  /** Times wrap, so they are compared by their difference. */
  #seenBefore(at: number, other: number): boolean {
    return (((this.cells[at + CELL.seenMs] ?? 0) - (this.cells[other + CELL.seenMs] ?? 0)) | 0) < 0;
  }
}

/** MurmurHash3 over six words, seeded. */
function hashKey(key: Int32Array, seed: number): number {
  let hash = seed;
  for (let i = 0; i < KEY_CELLS; i++) {
    let word = Math.imul(key[i] ?? 0, 0xcc9e2d51);
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash ^= word;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
