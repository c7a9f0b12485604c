import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";

/** A client that continues its upload this long after the complete answer is probed: has it read the answer? */
const PATIENCE_MS = 100;
/** How long the reply to the probe may take. */
const PROBE_MS = 500;

/** The time between an answer and the reset of the upload that it cuts off. */
export class Farewell {
  readonly #wheel: TimerWheel;
  readonly #deadline: Deadline;
  #next: (() => void) | null;

  /**
   * @param probe Asks the client whether it has read the answer.
   * @param leave The client had the time for it.
   */
  constructor(wheel: TimerWheel, probe: () => void, leave: () => void) {
    this.#wheel = wheel;
    this.#next = probe;
    this.#deadline = new Deadline(() => {
      const step = this.#next ?? leave;
      if (this.#next !== null) wheel.arm(this.#deadline, PROBE_MS);
      this.#next = null;
      step();
    });
    wheel.arm(this.#deadline, PATIENCE_MS);
  }

  cancel(): void {
    this.#wheel.disarm(this.#deadline);
  }
}
