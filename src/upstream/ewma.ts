import type { Clock } from "../lib/clock.ts";
import type { Balancer } from "./balancer.ts";
import type { EndpointRuntime } from "./endpoint.ts";

const DECAY_MS = 10_000;

/**
 * Peak-less EWMA of ingress-nginx: of two random endpoints the one with the lower average answer time. Averages fade with a
 * time constant of ten seconds; a new endpoint starts at the average of the others, so that it is neither flooded nor starved.
 */
export class EwmaBalancer implements Balancer {
  readonly #clock: Clock;
  readonly #random: () => number;
  #endpoints: readonly EndpointRuntime[] = [];

  constructor(clock: Clock, random: () => number) {
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
    const average = averageScore(this.#endpoints);
    const nowMs = this.#clock.monotonicMs();
    for (const endpoint of endpoints) {
      if (endpoint.score !== null) continue;
      endpoint.score = average;
      endpoint.scoredAtMs = nowMs;
    }
    this.#endpoints = endpoints;
  }

  observe(endpoint: EndpointRuntime, answerMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    endpoint.score = decayed(endpoint, answerMs, nowMs);
    endpoint.scoredAtMs = nowMs;
  }

  #better(first: EndpointRuntime | undefined, second: EndpointRuntime | undefined): EndpointRuntime | null {
    if (first === undefined || second === undefined) return null;
    const nowMs = this.#clock.monotonicMs();
    return decayed(second, 0, nowMs) < decayed(first, 0, nowMs) ? second : first;
  }
}

function decayed(endpoint: EndpointRuntime, answerMs: number, nowMs: number): number {
  const weight = Math.exp(-Math.max(0, nowMs - endpoint.scoredAtMs) / DECAY_MS);
  return (endpoint.score ?? 0) * weight + answerMs * (1 - weight);
}

function averageScore(endpoints: readonly EndpointRuntime[]): number {
  if (endpoints.length === 0) return 0;
  return endpoints.reduce((sum, endpoint) => sum + (endpoint.score ?? 0), 0) / endpoints.length;
}
