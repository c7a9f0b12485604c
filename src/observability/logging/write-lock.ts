const FREE = 0;
/** Whoever waits looks again after this time even if nobody wakes it: who had the turn may have died. */
const LOOK_AGAIN_MS = 50;

/**
 * Whose turn it is to write to a descriptor, over all threads of the process. Two writes at once to a pipe would mix their
 * lines; and each write that a stalled reader holds up takes one of the few threads that all file and name look-ups share.
 */
export class WriteLock {
  /** For another thread to open its own `WriteLock` from. */
  readonly memory: Int32Array<SharedArrayBuffer>;
  readonly #owner: number;

  /** `owner`: above 0, and of no other thread that is alive. Without memory: a turn of its own, to be shared by `memory`. */
  constructor(owner: number, memory: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(4))) {
    this.memory = memory;
    this.#owner = owner;
  }

  /** Calls back, perhaps at once, when nobody else writes. `release` must follow. */
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

  /** Gives the turn to the next, if it is the owner's. Whoever knows that the owner is dead may do that in its name. */
  release(): void {
    if (Atomics.compareExchange(this.memory, 0, this.#owner, FREE) === this.#owner) Atomics.notify(this.memory, 0, 1);
  }
}
