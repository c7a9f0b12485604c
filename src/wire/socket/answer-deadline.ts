import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";

/** How long an endpoint may say nothing while it owes an answer. One for each connection. */
export class AnswerDeadline {
  readonly #wheel: TimerWheel;
  readonly #deadline: Deadline;
  #awaiting = false;

  constructor(wheel: TimerWheel, onExpired: () => void) {
    this.#wheel = wheel;
    this.#deadline = new Deadline(() => {
      if (this.#awaiting) onExpired();
    });
  }

  /** Waits anew. */
  await(ms: number): void {
    this.#awaiting = true;
    this.#wheel.arm(this.#deadline, ms);
  }

  /** Leaves the deadline in its wheel, where it will be moved on: linking it for each request costs more. */
  rest(): void {
    this.#awaiting = false;
  }

  close(): void {
    this.#awaiting = false;
    this.#wheel.disarm(this.#deadline);
  }
}
