import type { Clock } from "../lib/clock.ts";
import type { ModelDelta } from "../model/model.ts";

/** A delta that every worker has answered. */
export interface Publication {
  readonly generation: number;
  readonly delta: ModelDelta;
  /** Monotonic milliseconds of the first event that led to it, and of the moment it was live in all workers. */
  readonly heardAtMs: number;
  readonly liveAtMs: number;
  /** True when a worker could not apply it, which is a bug: that one serves what it had. */
  readonly failed: boolean;
}

interface Pending {
  readonly delta: ModelDelta;
  readonly heardAtMs: number;
  /** Workers that have not answered yet. */
  readonly missing: Set<number>;
  failed: boolean;
}

/** Which deltas are on their way to which workers. They become live in the order in which they were published. */
export class Publications {
  readonly #onLive: (publication: Publication) => void;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #generation = 0;

  constructor(clock: Clock, onLive: (publication: Publication) => void) {
    this.#clock = clock;
    this.#onLive = onLive;
  }

  /** The generation of a new publication, to be answered by those workers. */
  open(delta: ModelDelta, heardAtMs: number, workers: Iterable<number>): number {
    this.#generation++;
    this.#pending.set(this.#generation, { delta, heardAtMs, missing: new Set(workers), failed: false });
    return this.#generation;
  }

  answer(worker: number, generation: number, outcome: "applied" | "failed"): void {
    const pending = this.#pending.get(generation);
    if (pending === undefined) return;
    pending.missing.delete(worker);
    if (outcome === "failed") pending.failed = true;
    this.settle();
  }

  /** The worker is not waited for any more. */
  leave(worker: number): void {
    for (const pending of this.#pending.values()) pending.missing.delete(worker);
    this.settle();
  }

  /** Tells of everything that nobody is missing for. */
  settle(): void {
    for (const [generation, { delta, heardAtMs, missing, failed }] of this.#pending) {
      if (missing.size > 0) return;
      this.#pending.delete(generation);
      this.#onLive({ generation, delta, heardAtMs, liveAtMs: this.#clock.monotonicMs(), failed });
    }
  }
}
