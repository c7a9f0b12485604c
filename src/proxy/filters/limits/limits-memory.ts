/** Where limits are kept: shared memory, so that a limit is the same whatever number of threads admits requests. */
export interface LimitsMemory {
  /** Entries, see `CELL`. */
  readonly cells: Int32Array<SharedArrayBuffer>;
  /** One for each bucket of entries: 0, or the id of the holder that is at work in it. */
  readonly locks: Int32Array<SharedArrayBuffer>;
  /** Of the hash, so that nobody outside can choose addresses that push each other out. */
  readonly seed: number;
}

/** One thread's part in the limits, kept so that its places can be given back when it dies. */
export interface LimitsHolder {
  /** Above 0, and of no other thread that is alive. */
  readonly id: number;
  /** Requests in flight of this thread alone, by entry. */
  readonly inFlight: Int32Array<SharedArrayBuffer>;
}

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

export const ENTRY_CELLS = 16;
/** An entry lives in one of the places of its bucket, so a look-up has a fixed worst case. */
export const BUCKET_ENTRIES = 16;

/** Room for that many (Ingress, client address) pairs, rounded up to a power of two; 64 bytes each. 0 ≤ random() < 1. */
export function createLimitsMemory(capacity: number, random: () => number): LimitsMemory {
  const entries = 2 ** Math.ceil(Math.log2(Math.max(capacity, BUCKET_ENTRIES)));
  return {
    cells: sharedInts(entries * ENTRY_CELLS),
    locks: sharedInts(entries / BUCKET_ENTRIES),
    seed: Math.floor(random() * 0x1_0000_0000) | 0,
  };
}

export function createLimitsHolder(memory: LimitsMemory, id: number): LimitsHolder {
  return { id, inFlight: sharedInts(memory.cells.length / ENTRY_CELLS) };
}

/** A thread is dead: whatever it had locked is free again, and its requests in flight no longer count. */
export function reclaimLimits(memory: LimitsMemory, holder: LimitsHolder): void {
  for (let bucket = 0; bucket < memory.locks.length; bucket++) {
    Atomics.compareExchange(memory.locks, bucket, holder.id, 0);
  }
  for (let entry = 0; entry < holder.inFlight.length; entry++) {
    const held = holder.inFlight[entry] ?? 0;
    if (held === 0) continue;
    holder.inFlight[entry] = 0;
    Atomics.sub(memory.cells, entry * ENTRY_CELLS + CELL.inFlight, held);
  }
}

function sharedInts(length: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}
