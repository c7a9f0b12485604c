import type { Clock } from "../../lib/clock.ts";
import { type AnswerTimes, keyOf } from "../connections/answer-times.ts";
import type { Balancer } from "./balancer.ts";
import type { EndpointRuntime } from "../connections/endpoint.ts";

const DECAY_MS = 10_000;

export interface EwmaOptions {
  readonly upstreamId: string;
  readonly times: AnswerTimes;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Peak-less EWMA of ingress-nginx: of two random endpoints the one with the lower average answer time, over all threads. Averages
 * fade with a time constant of ten seconds; a new endpoint starts at the average of the others, so that it is neither flooded nor
 * starved.
 */
export class EwmaBalancer implements Balancer {
  readonly #upstreamId: string;
  readonly #times: AnswerTimes;
  readonly #clock: Clock;
  readonly #random: () => number;
  #endpoints: readonly EndpointRuntime[] = [];
  #keys: ReadonlyMap<EndpointRuntime, number> = new Map();

  constructor({ upstreamId, times, clock, random }: EwmaOptions) {
    this.#upstreamId = upstreamId;
    this.#times = times;
    this.#clock = clock;
    this.#random = random;
  }

  pick(tried: readonly EndpointRuntime[]): EndpointRuntime | null {
    const untried = tried.length === 0 ? this.#endpoints : this.#endpoints.filter((one) => !tried.includes(one));
    const candidates = untried.length === 0 ? this.#endpoints : untried;
    const count = candidates.length;
    if (count < 2) return candidates[0] ?? null;
    const first = Math.floor(this.#random() * count);
    // A second, different index without drawing twice.
    const second = (first + 1 + Math.floor(this.#random() * (count - 1))) % count;
    return this.#better(candidates[first], candidates[second]);
  }

  update(endpoints: readonly EndpointRuntime[]): void {
    const averageMs = this.#average();
    const nowMs = this.#clock.monotonicMs();
    const old = this.#keys;
    this.#keys = new Map(endpoints.map((endpoint) => [endpoint, keyOf(this.#upstreamId, endpoint.id)]));
    this.#endpoints = endpoints;
    // An endpoint that returns at the same address is a new one.
    for (const [endpoint, key] of old) if (!this.#keys.has(endpoint)) this.#times.forget(key);
    for (const key of this.#keys.values()) if (this.#times.find(key) === -1) this.#times.set(key, averageMs, nowMs);
  }

  observe(endpoint: EndpointRuntime, answerMs: number): void {
    const key = this.#keys.get(endpoint);
    // An endpoint that has left finishes its requests, and is forgotten all the same.
    if (key === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    this.#times.set(key, this.#decayed(endpoint, answerMs, nowMs), nowMs);
  }

  /** Average answer time in milliseconds as it was last written. */
  averageOf(endpoint: EndpointRuntime): number {
    const place = this.#placeOf(endpoint);
    return place === -1 ? 0 : this.#times.averageMs(place);
  }

  #better(first: EndpointRuntime | undefined, second: EndpointRuntime | undefined): EndpointRuntime | null {
    if (first === undefined || second === undefined) return null;
    const nowMs = this.#clock.monotonicMs();
    return this.#decayed(second, 0, nowMs) < this.#decayed(first, 0, nowMs) ? second : first;
  }

  #decayed(endpoint: EndpointRuntime, answerMs: number, nowMs: number): number {
    const place = this.#placeOf(endpoint);
    if (place === -1) return answerMs;
    const weight = Math.exp(-Math.max(0, nowMs - this.#times.changedAtMs(place)) / DECAY_MS);
    return this.#times.averageMs(place) * weight + answerMs * (1 - weight);
  }

  #placeOf(endpoint: EndpointRuntime): number {
    const key = this.#keys.get(endpoint);
    return key === undefined ? -1 : this.#times.find(key);
  }

  #average(): number {
    if (this.#endpoints.length === 0) return 0;
    return this.#endpoints.reduce((sum, endpoint) => sum + this.averageOf(endpoint), 0) / this.#endpoints.length;
  }
}
