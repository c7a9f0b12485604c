import { atLoopEnd, type LoopEnd, loopIsBusy } from "./loop-end.ts";
import { beginSocketEvent, endSocketEvent } from "./socket-event.ts";

/**
 * Handles things as they come; in a busy loop, those of an iteration together when it ends, and as one socket event. `prefetch` then sees them
 * first: it may read what handling them will need. Memory answers twenty questions in hardly more time than one, if none
 * waits for the answer to another, and handling one thing after the other never asks twenty.
 */
export class LoopBatch<T> implements LoopEnd {
  readonly #prefetch: (items: readonly T[]) => void;
  readonly #handle: (item: T) => void;
  #waiting: T[] = [];

  /** `prefetch` must not throw. What throws while it is handled does not keep the others from it. */
  constructor(prefetch: (items: readonly T[]) => void, handle: (item: T) => void) {
    this.#prefetch = prefetch;
    this.#handle = handle;
  }

  add(item: T): void {
    if (!loopIsBusy()) {
      this.#handle(item);
      return;
    }
    this.#waiting.push(item);
    if (this.#waiting.length === 1) atLoopEnd(this);
  }

  endLoop(): void {
    const items = this.#waiting;
    this.#waiting = [];
    this.#prefetch(items);
    this.#handleAll(items);
  }

  #handleAll(items: readonly T[]): void {
    let done = 0;
    beginSocketEvent();
    try {
      for (const item of items) {
        done++;
        this.#handle(item);
      }
    } finally {
      if (done < items.length) this.#postpone(items.slice(done));
      endSocketEvent();
    }
  }

  #postpone(rest: readonly T[]): void {
    this.#waiting = [...rest, ...this.#waiting];
    atLoopEnd(this);
  }
}
