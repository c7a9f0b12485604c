import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";
import { MinimumBodyRate, type CountedInput } from "./minimum-body-rate.ts";

/**
 * What a client connection may be waiting for. A `stream` is a body that did not say how long it is, an `answer` that to a client which
 * has ended its side.
 */
export type Awaited = "nothing" | "request" | "head" | "body" | "stream" | "answer";

/** The one deadline of a connection's reading side, for whatever it waits for at the moment, and the least rate of a body. */
export class ReadDeadline {
  awaited: Awaited = "nothing";
  readonly #wheel: TimerWheel;
  readonly #deadline: Deadline;
  readonly #input: CountedInput;
  readonly #onExpired: (awaited: Awaited) => void;
  /** Made for the first body: most connections never have one. */
  #floor: MinimumBodyRate | null = null;

  /** `onExpired` gets what was waited for; never `nothing`. `input` counts what the client has sent. */
  constructor(wheel: TimerWheel, input: CountedInput, onExpired: (awaited: Awaited) => void) {
    this.#wheel = wheel;
    this.#input = input;
    this.#onExpired = onExpired;
    this.#deadline = new Deadline(() => {
      if (this.awaited !== "nothing") this.#onExpired(this.awaited);
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
    if (awaited === "body") this.#watchFloor();
    else this.#floor?.rest();
  }

  /** Leaves the wheel alone: moving on is cheaper than disarming on each request, and a stale expiry is ignored. */
  rest(): void {
    this.awaited = "nothing";
    this.#floor?.rest();
  }

  close(): void {
    this.awaited = "nothing";
    this.#wheel.disarm(this.#deadline);
    this.#floor?.close();
  }

  #watchFloor(): void {
    this.#floor ??= new MinimumBodyRate(this.#wheel, this.#input, () => this.#onExpired("body"));
    this.#floor.watch();
  }
}
