import { BUCKET_ENTRIES, CELL, ENTRY_CELLS, type LimitsMemory } from "./limits-memory.ts";

const KEY_CELLS = 6;
/** A bucket is held for less than a microsecond, unless its holder has lost the processor. */
const SPINS = 200;
const NAP_MS = 1;
/** A worker that holds a bucket for so long is dead, and the main thread has not noticed yet: its bucket is taken over. */
const PATIENCE_NAPS = 100;

/**
 * Fixed-capacity hash table in shared memory. Entries are never emptied, only taken over: where a bucket is full, its longest
 * unused entry without requests in flight gives way. Everything happens between `lock` and `unlock` of the key's bucket.
 */
export class LimitTable {
  readonly cells: Int32Array<SharedArrayBuffer>;
  readonly #locks: Int32Array<SharedArrayBuffer>;
  readonly #holderId: number;
  readonly #seed: number;

  constructor(memory: LimitsMemory, holderId: number) {
    this.cells = memory.cells;
    this.#locks = memory.locks;
    this.#seed = memory.seed;
    this.#holderId = holderId;
  }

  hash(key: Int32Array): number {
    return hashKey(key, this.#seed);
  }

  /** No other thread is at work in the hash's bucket from now on. Waits for it, though never long. */
  lock(hash: number): void {
    const bucket = this.#bucketOf(hash);
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.compareExchange(this.#locks, bucket, 0, this.#holderId) === 0) return;
      Atomics.pause();
    }
    for (let nap = 0; nap < PATIENCE_NAPS; nap++) {
      const holder = Atomics.compareExchange(this.#locks, bucket, 0, this.#holderId);
      if (holder === 0) return;
      Atomics.wait(this.#locks, bucket, holder, NAP_MS);
    }
    Atomics.store(this.#locks, bucket, this.#holderId);
  }

  unlock(hash: number): void {
    Atomics.store(this.#locks, this.#bucketOf(hash), 0);
  }

  /** Offset of the key's entry; -1 when there is none. */
  find(hash: number, key: Int32Array): number {
    const tag = hash | 1;
    const first = this.#firstOf(hash);
    for (let at = first; at < first + BUCKET_ENTRIES * ENTRY_CELLS; at += ENTRY_CELLS) {
      const found = this.cells[at + CELL.tag];
      if (found === 0) return -1;
      if (found === tag && this.#holds(at, key)) return at;
    }
    return -1;
  }

  /** Offset of the key's entry, made new when there is none; -1 when the bucket is full of entries in flight. */
  claim(hash: number, key: Int32Array, nowMs: number): number {
    const tag = hash | 1;
    const first = this.#firstOf(hash);
    let oldest = -1;
    for (let at = first; at < first + BUCKET_ENTRIES * ENTRY_CELLS; at += ENTRY_CELLS) {
      const found = this.cells[at + CELL.tag];
      if (found === 0) return this.#take(at, tag, key, nowMs);
      if (found === tag && this.#holds(at, key)) {
        this.cells[at + CELL.seenMs] = nowMs;
        return at;
      }
      if ((this.cells[at + CELL.inFlight] ?? 0) <= 0 && (oldest === -1 || this.#seenBefore(at, oldest))) oldest = at;
    }
    return oldest === -1 ? -1 : this.#take(oldest, tag, key, nowMs);
  }

  #bucketOf(hash: number): number {
    return hash & (this.#locks.length - 1);
  }

  #firstOf(hash: number): number {
    return this.#bucketOf(hash) * BUCKET_ENTRIES * ENTRY_CELLS;
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
