import { setTimeout as sleep } from "node:timers/promises";

export interface BackOffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
}

/** Growing pauses with jitter, for ever: doubles up to the maximum, and each pause is drawn from its upper half. */
export class BackOff {
  readonly #options: BackOffOptions;
  #nextMs: number;

  constructor(options: BackOffOptions) {
    this.#options = options;
    this.#nextMs = options.firstMs;
  }

  reset(): void {
    this.#nextMs = this.#options.firstMs;
  }

  /** Returns early, without an error, when the signal aborts. `leastMs` is what the server asked for. */
  async pause(leastMs: number, signal: AbortSignal): Promise<void> {
    const pauseMs = this.#nextMs * (0.5 + this.#options.random() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, this.#options.maxMs);
    await sleepUntil(Math.max(leastMs, pauseMs), signal);
  }
}

async function sleepUntil(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Aborted: the caller looks at the signal.
  }
}
