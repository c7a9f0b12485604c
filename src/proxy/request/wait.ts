import { Deadline, type TimerWheel } from "../../wire/wire.ts";
import type { Answer } from "../answers/answer.ts";

/** Who waits: the exchange. Exactly one call comes, unless the wait is abandoned first. */
export interface Waiter {
  /** Null: the request passes on, to the next hook. */
  onSettled(answer: Answer | null): void;
  /** The filter threw. The only call that may come after `abandon`: giving up can fail, too. */
  onFault(error: unknown): void;
}

/**
 * A decision that takes time, such as a question to another server. It ends in one of four ways, whichever comes first: it settles, its time
 * is over, the client goes or is cut off, or the filter throws. Everything after that has no effect.
 */
export abstract class Wait {
  readonly #timeoutMs: number;
  readonly #deadline = new Deadline(() => this.#expire());
  #wheel: TimerWheel | null = null;
  /** Null before the start, and once it is over. */
  #waiter: Waiter | null = null;

  /** @param timeoutMs Longest time it may take; above 0. Waits are never without end. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Asks. May settle at once. */
  protected abstract begin(): void;

  /** Ends what `begin` began, as nobody wants to know any more. Not called once it has settled. */
  protected abstract cancel(): void;

  /** What the request is answered when the time is over; `cancel` was called then. Null lets it pass. */
  protected abstract late(): Answer | null;

  /** Called by the exchange, once. */
  start(wheel: TimerWheel, waiter: Waiter): void {
    this.#wheel = wheel;
    this.#waiter = waiter;
    wheel.arm(this.#deadline, this.#timeoutMs);
    this.guarded(() => this.begin());
  }

  /** Called by the exchange when the request has ended otherwise. */
  abandon(): void {
    const waiter = this.#end();
    if (waiter !== null) this.#giveUp(waiter);
  }

  /** The decision: null lets the request pass on. */
  protected settle(answer: Answer | null): void {
    this.#end()?.onSettled(answer);
  }

  /** For what calls back into the filter while it waits: a fault there costs this request only. Not called once it is over. */
  protected guarded(step: () => void): void {
    if (this.#waiter === null) return;
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #expire(): void {
    const waiter = this.#end();
    if (waiter === null || !this.#giveUp(waiter)) return;
    let answer: Answer | null;
    try {
      answer = this.late();
    } catch (error) {
      waiter.onFault(error);
      return;
    }
    waiter.onSettled(answer);
  }

  #fail(error: unknown): void {
    const waiter = this.#end();
    if (waiter === null) return;
    this.#giveUp(SILENT);
    waiter.onFault(error);
  }

  /** True unless that failed. */
  #giveUp(waiter: Waiter): boolean {
    try {
      this.cancel();
      return true;
    } catch (error) {
      waiter.onFault(error);
      return false;
    }
  }

  /** The one who waited; null when it was over before. */
  #end(): Waiter | null {
    const waiter = this.#waiter;
    this.#waiter = null;
    this.#wheel?.disarm(this.#deadline);
    return waiter;
  }
}

const SILENT: Waiter = { onSettled: () => {}, onFault: () => {} };
