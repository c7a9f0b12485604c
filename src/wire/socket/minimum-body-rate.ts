import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";

/** A body of known length has to come at this rate, on average over each of the windows in which it is asked for all the time. */
const FLOOR_BYTES_PER_SECOND = 240;
const FLOOR_WINDOW_MS = 10_000;

/** What counts the bytes of a client, such as its socket. */
export interface CountedInput {
  readonly bytesRead: number;
}

/**
 * Ends uploads that trickle to hold a connection and its request open: each byte would start the deadline between reads anew. A body
 * without a length may be a stream that has little to say, and is not judged.
 */
export class MinimumBodyRate {
  readonly #wheel: TimerWheel;
  readonly #window: Deadline;
  readonly #input: CountedInput;
  #bytesBefore = 0;
  /** Since the window began. */
  #wantedThroughout = false;

  constructor(wheel: TimerWheel, input: CountedInput, onTooSlow: () => void) {
    this.#wheel = wheel;
    this.#input = input;
    this.#window = new Deadline(() => {
      if (this.#wantedThroughout && this.#tooFew()) onTooSlow();
      else if (this.#wantedThroughout) this.#begin();
    });
  }

  /** The body is asked for; it may be already. */
  watch(): void {
    if (!this.#window.armed) this.#begin();
  }

  /** Nothing is asked for at the moment. */
  rest(): void {
    this.#wantedThroughout = false;
  }

  close(): void {
    this.#wheel.disarm(this.#window);
  }

  #begin(): void {
    this.#wantedThroughout = true;
    this.#bytesBefore = this.#input.bytesRead;
    this.#wheel.arm(this.#window, FLOOR_WINDOW_MS);
  }

  #tooFew(): boolean {
    return (this.#input.bytesRead - this.#bytesBefore) * 1000 < FLOOR_BYTES_PER_SECOND * FLOOR_WINDOW_MS;
  }
}
