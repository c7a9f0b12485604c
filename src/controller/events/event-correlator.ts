import type { Clock } from "../../lib/clock.ts";

/** What an Event is about. */
export interface EventObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventInput {
  readonly object: EventObject;
  readonly type: "Normal" | "Warning";
  /** CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

/** An Event to be written: new, or one more occurrence of one that was written before. */
export interface CorrelatedEvent {
  readonly id: string;
  readonly input: EventInput;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** client-go's limits. */
const BURST = 25;
const REFILL_MS = 300_000;
const SIMILAR_LIMIT = 10;
const SIMILAR_WINDOW_MS = 600_000;
const REMEMBERED = 4096;

interface Bucket {
  tokens: number;
  atMs: number;
}

interface Similar {
  readonly messages: Set<string>;
  sinceMs: number;
}

/**
 * client-go's event correlator: equal events become one with a count, more than ten different messages of one reason about one
 * object become one event, and one object gets 25 events at once and then one in five minutes.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #seen = new Map<string, CorrelatedEvent>();
  readonly #buckets = new Map<string, Bucket>();
  readonly #similar = new Map<string, Similar>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Null when the object has had too many events. */
  correlate(given: EventInput): CorrelatedEvent | null {
    const { kind, namespace, name, uid } = given.object;
    // There is one version of each kind.
    const object = JSON.stringify([kind, namespace, name, uid]);
    if (!this.#takeToken(object)) return null;
    const input = this.#combine(object, given);
    const combined = input !== given;
    // What is combined is one event, whatever its last message.
    const id = JSON.stringify([object, input.type, input.reason, combined ? null : input.message]);
    const nowMs = this.#clock.nowMs();
    const before = this.#seen.get(id);
    const event = { id, input, count: (before?.count ?? 0) + 1, firstMs: before?.firstMs ?? nowMs, lastMs: nowMs };
    remember(this.#seen, id, event);
    return event;
  }

  #takeToken(object: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(object) ?? { tokens: BURST, atMs: nowMs };
    bucket.tokens = Math.min(BURST, bucket.tokens + (nowMs - bucket.atMs) / REFILL_MS);
    bucket.atMs = nowMs;
    remember(this.#buckets, object, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #combine(object: string, input: EventInput): EventInput {
    const nowMs = this.#clock.monotonicMs();
    const key = JSON.stringify([object, input.type, input.reason]);
    const known = this.#similar.get(key);
    const similar =
      known === undefined || nowMs - known.sinceMs > SIMILAR_WINDOW_MS
        ? { messages: new Set<string>(), sinceMs: nowMs }
        : known;
    if (similar.messages.size <= SIMILAR_LIMIT) similar.messages.add(input.message);
    remember(this.#similar, key, similar);
    return similar.messages.size > SIMILAR_LIMIT
      ? { ...input, message: `(combined from similar events): ${input.message}` }
      : input;
  }
}

/** The least recently used of too many goes. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
