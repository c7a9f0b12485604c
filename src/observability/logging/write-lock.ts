const FREE = 0;
/** A waiting thread looks again after this time even if no other wakes it: the holder may have died. */
const LOOK_AGAIN_MS = 50;

/**
 * The right to write to a descriptor, over all threads of the process. Two writes at once to a pipe would mix their
 * lines; and each write that a stalled reader holds up takes one of the few threads that all file and name look-ups share.
 */
export class WriteLock {
  /** For another thread to open its own `WriteLock` from. */
  readonly memory: Int32Array<SharedArrayBuffer>;
  readonly #owner: number;

  /** `owner`: above 0, and of no other thread that is alive. Without memory: a lock of its own, to be shared by `memory`. */
  constructor(owner: number, memory: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(4))) {
    this.memory = memory;
    this.#owner = owner;
  }

  /** Calls back, perhaps at once, when no other thread writes. `release` must follow. */
  take(onTaken: () => void): void {
    const owner = Atomics.compareExchange(this.memory, 0, FREE, this.#owner);
    if (owner === FREE) {
      onTaken();
      return;
    }
    const waiting = Atomics.waitAsync(this.memory, 0, owner, LOOK_AGAIN_MS);
    if (waiting.async) void waiting.value.then(() => this.take(onTaken));
    else this.take(onTaken);
  }

  /** Frees the lock for the next thread, if this owner holds it. A thread that knows that the owner is dead may do that in its name. */
  release(): void {
    if (Atomics.compareExchange(this.memory, 0, this.#owner, FREE) === this.#owner) Atomics.notify(this.memory, 0, 1);
  }
}
