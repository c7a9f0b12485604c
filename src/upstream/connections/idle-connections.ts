import { Deadline, type TimerWheel } from "../../wire/wire.ts";
import type { Clock } from "../../lib/clock.ts";

/** A connection that waits for its next request. */
export interface IdleConnection {
  /** Monotonic milliseconds. */
  readonly expiresAtMs: number;
  /** Neighbours in the list that it waits in; the list's own, null outside of one. */
  newer: IdleConnection | null;
  older: IdleConnection | null;
  /** Closes the connection and takes it out of its pool and of this list. */
  discard(): void;
}

const SWEEP_MS = 1_000;

/**
 * Every idle upstream connection of one thread, the longest idle first. Keeps their number under the shared cap (ingress-nginx's
 * `upstream-keepalive-connections` is one cap for all upstreams of a worker) and closes those that outlived their time.
 */
export class IdleConnections {
  /** Ends of a chain: every request takes a connection out and puts it back, which must not cost any hashing. */
  #oldest: IdleConnection | null = null;
  #newest: IdleConnection | null = null;
  #size = 0;
  readonly #wheel: TimerWheel;
  readonly #clock: Clock;
  readonly #sweep: Deadline;

  constructor(wheel: TimerWheel, clock: Clock) {
    this.#wheel = wheel;
    this.#clock = clock;
    this.#sweep = new Deadline(() => this.#discardExpired());
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the newest; beyond the cap, at least 1, the longest idle are closed. */
  add(connection: IdleConnection, cap: number): void {
    connection.older = this.#newest;
    if (this.#newest === null) this.#oldest = connection;
    else this.#newest.newer = connection;
    this.#newest = connection;
    this.#size++;
    // More than one only when the cap was lowered.
    while (this.#size > cap) this.#oldest?.discard();
    if (!this.#sweep.armed) this.#wheel.arm(this.#sweep, SWEEP_MS);
  }

  /** Closes the longest idle one; false when there is none. */
  discardOldest(): boolean {
    const oldest = this.#oldest;
    oldest?.discard();
    return oldest !== null;
  }

  remove(connection: IdleConnection): void {
    const { older, newer } = connection;
    if (older === null && this.#oldest !== connection) return;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    connection.older = null;
    connection.newer = null;
    this.#size--;
  }

  close(): void {
    this.#wheel.disarm(this.#sweep);
    this.#discardWhere(() => true);
  }

  #discardExpired(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#discardWhere((connection) => connection.expiresAtMs <= nowMs);
    if (this.#size > 0) this.#wheel.arm(this.#sweep, SWEEP_MS);
  }

  #discardWhere(isDue: (connection: IdleConnection) => boolean): void {
    let connection = this.#oldest;
    while (connection !== null) {
      const next: IdleConnection | null = connection.newer;
      if (isDue(connection)) connection.discard();
      connection = next;
    }
  }
}
