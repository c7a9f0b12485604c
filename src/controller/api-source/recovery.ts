import type { Clock } from "../../lib/clock.ts";
import { type ApiFailure, retryAfterOf } from "./api-client.ts";
import { type BackOff, sleepUntil } from "./back-off.ts";

/** Numbers for the metrics. */
export interface RecoveryStats {
  /** Times at which a kind that was followed was not followed any more, for a failure and not by the server's own order. */
  readonly outages: number;
  /** Of the last outage: from the first good answer until every kind was followed again, or until now. 0 before that answer. */
  readonly recoveryMs: number;
}

/** One watch target, as those see it who want to know whether it is followed. */
export interface Follower {
  /** The server is back: a request or watch that hangs since before is asked anew. */
  renew(): void;
}

/**
 * So long after the first word of a server that was away it may not know its own rules and objects yet: refusals and requests to wait
 * mean little, and it is asked again soon.
 */
const COLD_MS = 10_000;
/** The longest pause meanwhile, unless the server itself asks for more. */
const COLD_PAUSE_MS = 500;
/** The API server itself asks for 32 s at most; something in front of it may ask for anything. */
const LONGEST_ORDER_MS = 60_000;

/**
 * How much a refusal of the server is worth: `cold`, it was not reached until a moment ago, which may be our own start; `returning`, it was
 * away and has just come back, so that a refusal says nothing yet.
 */
export type ServerState = "warm" | "cold" | "returning";

/**
 * What the reflectors of one API server know together: whether it is away, when it came back, and who follows it already. The first good
 * answer that one of them gets ends the pauses of all, and what hangs since before.
 */
export class Recovery {
  readonly #clock: Clock;
  /** Who may not be followed at all, by what the roles grant, is in neither state. */
  readonly #following = new Map<Follower, boolean>();
  readonly #pauses = new Set<AbortController>();
  /** Waits that the server itself asked for, and whom it asked. */
  readonly #orders = new Set<AbortController>();
  readonly #ordered = new Set<Follower>();
  #unreachable = false;
  #wasAway = false;
  /** First word of any kind after the server could not be reached; at first the start of this process. */
  #reachedAtMs: number;
  #outage = false;
  #outages = 0;
  /** Connections broke: those that say nothing are not to be trusted either. */
  #cutOff = false;
  #answeredAtMs: number | null = null;
  #recoveryMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#reachedAtMs = clock.monotonicMs();
  }

  get stats(): RecoveryStats {
    if (!this.#outage) return { outages: this.#outages, recoveryMs: this.#recoveryMs };
    const recoveryMs = this.#answeredAtMs === null ? 0 : this.#clock.monotonicMs() - this.#answeredAtMs;
    return { outages: this.#outages, recoveryMs };
  }

  get state(): ServerState {
    if (!this.#cold) return "warm";
    return this.#wasAway ? "returning" : "cold";
  }

  /** True while somebody is not followed who should be. */
  get incomplete(): boolean {
    return this.#following.values().some((following) => !following);
  }

  /** Null: the roles do not grant it. */
  isFollowed(follower: Follower): boolean | null {
    return this.#following.get(follower) ?? null;
  }

  /** It has to list first, at the start or because its version is too old: that is no outage, but it may belong to one. */
  behind(follower: Follower): void {
    this.#following.set(follower, false);
    const answeredAtMs = this.#answeredAtMs;
    if (answeredAtMs !== null && this.#clock.monotonicMs() - answeredAtMs < COLD_MS) this.#outage = true;
  }

  /** `asker` got what it asked for. */
  answered(asker: Follower): void {
    this.#reached();
    // Who had to wait does not any more: the others need not either.
    if (this.#ordered.delete(asker)) for (const sleepers of [this.#orders, this.#pauses]) wakeAll(sleepers);
    if (!this.#outage || this.#answeredAtMs !== null) return;
    this.#answeredAtMs = this.#clock.monotonicMs();
    this.#reachedAtMs = this.#answeredAtMs;
    this.wake();
    if (!this.#cutOff) return;
    this.#cutOff = false;
    for (const follower of this.#following.keys()) {
      if (follower === asker) continue;
      this.#following.set(follower, false);
      follower.renew();
    }
  }

  /** Everything that happens to its objects will be heard from now on. */
  followed(follower: Follower): void {
    this.#following.set(follower, true);
    this.#endIfWhole();
  }

  /** Followed it will not be, since the roles do not grant it. */
  excused(follower: Follower): void {
    this.#reached();
    this.#following.delete(follower);
    this.#endIfWhole();
  }

  /** A request or watch that began at `sinceMs` brought nothing. */
  failed(follower: Follower, failure: ApiFailure, sinceMs: number): void {
    if (this.#following.get(follower) === true && !this.#outage) {
      this.#outage = true;
      this.#outages++;
      this.#answeredAtMs = null;
    }
    this.#following.set(follower, false);
    if (retryAfterOf(failure) > 0) this.#ordered.add(follower);
    if (failure.kind === "status") return this.#reached();
    // What hung since before the first answer says nothing about the server of now.
    if (this.#answeredAtMs !== null && sinceMs < this.#answeredAtMs) return;
    this.#answeredAtMs = null;
    this.#unreachable = true;
    this.#wasAway = true;
    this.#cutOff = true;
  }

  /** Ends every pause of our own: there is reason to believe that the next request does better. */
  wake(): void {
    wakeAll(this.#pauses);
  }

  /** After a failure: as long as the server asked for, and then until its time is over or somebody wakes all. */
  async pause(backOff: BackOff, failure: ApiFailure, signal: AbortSignal): Promise<void> {
    const drawnMs = backOff.drawMs();
    const pauseMs = this.#cold ? Math.min(drawnMs, COLD_PAUSE_MS) : drawnMs;
    const leastMs = Math.min(retryAfterOf(failure), LONGEST_ORDER_MS);
    const woken =
      (await sleepAmong(this.#orders, leastMs, signal)) || (await sleepAmong(this.#pauses, pauseMs - leastMs, signal));
    if (woken) backOff.reset();
  }

  get #cold(): boolean {
    return !this.#unreachable && this.#clock.monotonicMs() - this.#reachedAtMs < COLD_MS;
  }

  #reached(): void {
    if (this.#unreachable) this.#reachedAtMs = this.#clock.monotonicMs();
    this.#unreachable = false;
  }

  #endIfWhole(): void {
    if (!this.#outage || this.incomplete) return;
    this.#outage = false;
    const nowMs = this.#clock.monotonicMs();
    this.#recoveryMs = nowMs - (this.#answeredAtMs ?? nowMs);
  }
}

/** True when it was woken. */
async function sleepAmong(sleepers: Set<AbortController>, ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms <= 0 || signal.aborted) return false;
  const woken = new AbortController();
  sleepers.add(woken);
  await sleepUntil(ms, AbortSignal.any([signal, woken.signal]));
  sleepers.delete(woken);
  return woken.signal.aborted;
}

function wakeAll(sleepers: ReadonlySet<AbortController>): void {
  for (const sleeper of sleepers) sleeper.abort();
}
