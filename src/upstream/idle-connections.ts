import { Deadline, type TimerWheel } from "../wire/wire.ts";
import type { Clock } from "../lib/clock.ts";

/** A connection that waits for its next request. */
export interface IdleConnection {
  /** Monotonic milliseconds. */
  readonly expiresAtMs: number;
  /** Closes the connection and takes it out of its pool and of this list. */
  discard(): void;
}

const SWEEP_MS = 1_000;

/**
 * Every idle upstream connection of one thread, the longest idle first. Keeps their number under the shared cap (ingress-nginx's
 * `upstream-keepalive-connections` is one cap for all upstreams of a worker) and closes those that outlived their time.
 */
export class IdleConnections {
  readonly #idle = new Set<IdleConnection>();
  readonly #wheel: TimerWheel;
  readonly #clock: Clock;
  readonly #sweep: Deadline;

  constructor(wheel: TimerWheel, clock: Clock) {
    this.#wheel = wheel;
    this.#clock = clock;
    this.#sweep = new Deadline(() => this.#discardExpired());
  }

  get size(): number {
    return this.#idle.size;
  }

  /** Adds the newest; beyond the cap, at least 1, the longest idle are closed. */
  add(connection: IdleConnection, cap: number): void {
    this.#idle.add(connection);
    // More than one only when the cap was lowered.
    while (this.#idle.size > cap) this.#oldest()?.discard();
    if (!this.#sweep.armed) this.#wheel.arm(this.#sweep, SWEEP_MS);
  }

  remove(connection: IdleConnection): void {
    this.#idle.delete(connection);
  }

  close(): void {
    this.#wheel.disarm(this.#sweep);
    for (const connection of this.#idle) connection.discard();
  }

  #oldest(): IdleConnection | undefined {
    for (const connection of this.#idle) return connection;
    return undefined;
  }

  #discardExpired(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const connection of this.#idle) {
      if (connection.expiresAtMs <= nowMs) connection.discard();
    }
    if (this.#idle.size > 0) this.#wheel.arm(this.#sweep, SWEEP_MS);
  }
}
