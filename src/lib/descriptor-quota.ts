/** How many sockets all threads of the process may hold open, for clients and to endpoints. */
export interface DescriptorShares {
  readonly clients: number;
  readonly endpoints: number;
  /** Among how many threads. */
  readonly threads: number;
}

/** One thread's view of what is held: `all` by all threads, `own` by this one. A cell for clients, one for endpoints. */
export interface DescriptorMemory {
  readonly shares: DescriptorShares;
  readonly all: Int32Array<SharedArrayBuffer>;
  readonly own: Int32Array<SharedArrayBuffer>;
}

/** Log, files, the API server, and the admin server with its probes. */
const PROCESS_RESERVE = 64;
/** Event loop, listening sockets and channels of one thread: eight, measured, and as many again. */
const THREAD_RESERVE = 16;
/** Whatever the limit is, somebody is served. */
const LEAST = 8;
const CELLS = 2;

/**
 * Divides the descriptors that a process may have. Clients get half of what is not kept back, so that for each of their connections there is one to an
 * endpoint. `limit` may be Infinity.
 */
export function shareDescriptors(limit: number, threads: number): DescriptorShares {
  const usable = limit - PROCESS_RESERVE - threads * THREAD_RESERVE;
  const half = Math.max(LEAST, Math.floor(usable / 2));
  return { clients: half, endpoints: half, threads };
}

/** Where all threads count together. */
export function createDescriptorCells(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT));
}

/** Gives back what a thread held that is no more. */
export function reclaimDescriptors({ all, own }: DescriptorMemory): void {
  for (let cell = 0; cell < CELLS; cell++) Atomics.sub(all, cell, Atomics.exchange(own, cell, 0));
}

/** One side's share of descriptors, as one thread sees it. Counts what we open ourselves, without asking the system. */
export class DescriptorQuota {
  readonly limit: number;
  readonly #memory: DescriptorMemory;
  readonly #cell: number;

  constructor(memory: DescriptorMemory, side: "clients" | "endpoints") {
    this.#memory = memory;
    this.limit = memory.shares[side];
    this.#cell = side === "clients" ? 0 : 1;
  }

  /** True when one more may be opened; it is counted then. */
  take(): boolean {
    if (Atomics.load(this.#memory.all, this.#cell) >= this.limit) return false;
    this.add();
    return true;
  }

  /** Counts one more in any case. */
  add(): void {
    Atomics.add(this.#memory.all, this.#cell, 1);
    Atomics.add(this.#memory.own, this.#cell, 1);
  }

  /** One that was counted is closed. */
  give(): void {
    Atomics.sub(this.#memory.all, this.#cell, 1);
    Atomics.sub(this.#memory.own, this.#cell, 1);
  }
}
