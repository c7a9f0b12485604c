import { Deadline, type TimerWheel } from "../timer-wheel.ts";

/** What a client connection may be waiting for. */
export type Awaited = "nothing" | "request" | "head" | "body";

/** The one deadline of a connection's reading side, for whatever it waits for at the moment. */
export class ReadDeadline {
  awaited: Awaited = "nothing";
  readonly #wheel: TimerWheel;
  readonly #deadline: Deadline;

  /** `onExpired` gets what was waited for; never `nothing`. */
  constructor(wheel: TimerWheel, onExpired: (awaited: Awaited) => void) {
    this.#wheel = wheel;
    this.#deadline = new Deadline(() => {
      if (this.awaited !== "nothing") onExpired(this.awaited);
    });
  }

  /** Waits for something else from now on. Going on waiting for the same thing does not move the deadline. */
  await(awaited: Awaited, ms: number): void {
    if (this.awaited !== awaited) this.restart(awaited, ms);
  }

  /** Waits anew. */
  restart(awaited: Awaited, ms: number): void {
    this.awaited = awaited;
    this.#wheel.arm(this.#deadline, ms);
  }

  /** Leaves the wheel alone: moving on is cheaper than disarming on each request, and a stale expiry is ignored. */
  rest(): void {
    this.awaited = "nothing";
  }

  close(): void {
    this.awaited = "nothing";
    this.#wheel.disarm(this.#deadline);
  }
}
