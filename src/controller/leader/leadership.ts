import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../lib/logger.ts";
import type { LeaderElector } from "./leader-elector.ts";

/** Whether this replica may write for all of them. */
export interface Leadership {
  /** By the clock, at this very moment. */
  readonly isLeader: boolean;
  /** Aborts when leading ends for lack of renewals; a write that is under way must not outlive it. */
  leadSignal(): AbortSignal;
}

/** With `--disable-leader-election` every replica leads, always. */
export const ALWAYS_LEADING: Leadership = { isLeader: true, leadSignal: () => new AbortController().signal };

export interface LeadershipEvents {
  onStarted(): void;
  onStopped(): void;
}

/** Takes part in the election until it is stopped, and tells when leading begins and ends. */
export class ElectionLoop implements Leadership {
  readonly #elector: LeaderElector;
  readonly #logger: Logger;
  readonly #random: () => number;
  readonly #life = new AbortController();
  readonly #hurry = new AbortController();
  #lead = new AbortController();
  #leading = false;
  #failing = "";
  #expiry: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(elector: LeaderElector, logger: Logger, random: () => number) {
    this.#elector = elector;
    this.#logger = logger;
    this.#random = random;
  }

  get isLeader(): boolean {
    return this.#elector.isLeader;
  }

  leadSignal(): AbortSignal {
    return this.#elector.isLeader ? this.#lead.signal : AbortSignal.abort();
  }

  start(events: LeadershipEvents): void {
    this.#running = this.#run(events);
  }

  /** Stops taking part and gives the Lease back; waits at most `limitMs` for the API server. */
  async stop(events: LeadershipEvents, limitMs: number): Promise<void> {
    this.#life.abort();
    // A renewal that is cut off may still arrive, and then there is nothing to give back: it gets its time.
    const hurry = setTimeout(() => this.#hurry.abort(), limitMs);
    await this.#running;
    clearTimeout(hurry);
    await this.#elector.release(AbortSignal.timeout(limitMs));
    this.#update(events);
    if (this.#expiry !== null) clearTimeout(this.#expiry);
  }

  async #run(events: LeadershipEvents): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      const outcome = await this.#elector.attempt(AbortSignal.any([this.#hurry.signal, this.#attemptLimit()]));
      this.#report(outcome.ok ? "" : outcome.error);
      this.#update(events);
      // Only who waits for the Lease spreads its attempts, as client-go does it.
      const spread = this.#leading ? 1 : 1 + 0.2 * this.#random();
      await sleep(this.#elector.retryMs * spread, undefined, { signal }).catch(() => {});
    }
  }

  /** An attempt that takes longer than the time between two is given up: the next one may get through. */
  #attemptLimit(): AbortSignal {
    return AbortSignal.timeout(Math.max(1, Math.floor(this.#elector.retryMs)));
  }

  #update(events: LeadershipEvents): void {
    const { isLeader, leadLeftMs } = this.#elector;
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    this.#expiry = isLeader ? setTimeout(() => this.#update(events), Math.ceil(leadLeftMs)) : null;
    if (isLeader === this.#leading) return;
    this.#leading = isLeader;
    if (isLeader) {
      this.#lead = new AbortController();
      this.#logger.info({}, "leading: this replica writes status and events");
      events.onStarted();
    } else {
      this.#lead.abort();
      this.#logger.info({ holder: this.#elector.holder }, "not leading any more");
      events.onStopped();
    }
  }

  #report(failure: string): void {
    if (failure !== "" && failure !== this.#failing) {
      this.#logger.warn({ reason: failure }, "the Lease of the leader could not be read or written; trying again");
    } else if (failure === "" && this.#failing !== "") {
      this.#logger.info({}, "the Lease of the leader can be read and written again");
    }
    this.#failing = failure;
  }
}
