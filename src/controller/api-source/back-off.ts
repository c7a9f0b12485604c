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

  /** How long the next pause is to be; the one after it is longer. */
  drawMs(): number {
    const drawnMs = this.#nextMs * (0.5 + this.#options.random() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, this.#options.maxMs);
    return drawnMs;
  }

  /** Returns early, without an error, when the signal aborts. `leastMs` is what the server asked for. */
  async pause(leastMs: number, signal: AbortSignal): Promise<void> {
    await sleepUntil(Math.max(leastMs, this.drawMs()), signal);
  }
}

/** Returns early, without an error, when the signal aborts. */
export async function sleepUntil(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Aborted: the caller looks at the signal.
  }
}
