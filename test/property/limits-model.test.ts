import fc from "fast-check";
import { expect, test } from "vitest";
import type { LimitsFilter, RateLimit } from "../../src/model/filters/limits.ts";
import { compileLimits, type Admission } from "../../src/proxy/filters/limits/limits.ts";
import { openOwnLimits } from "../support/builders/own-limits.ts";

/** Limits written down once more, as plainly as possible: a Map, and nginx's formula. */
class NaiveLimits {
  readonly #levels = new Map<string, { excess: number; atMs: number }>();
  readonly #inFlight = new Map<string, number>();

  admit(filter: LimitsFilter, address: string, nowMs: number): Admission {
    const rates: [string, RateLimit | null, number][] = [
      ["second", filter.requestsPerSecond, 1],
      ["minute", filter.requestsPerMinute, 60],
    ];
    const filled: [string, number][] = [];
    for (const [name, limit, period] of rates) {
      if (limit === null) continue;
      const key = `${filter.zone} ${address} ${name}`;
      const previous = this.#levels.get(key);
      const rate = Math.floor((limit.rate * 1000) / period);
      const leaked = previous === undefined ? 0 : Math.floor((rate * (nowMs - previous.atMs)) / 1000);
      const excess = previous === undefined ? 0 : Math.max(0, previous.excess - leaked + 1000);
      if (excess > limit.burst * 1000) return "rate-refused";
      filled.push([key, excess]);
    }
    for (const [key, excess] of filled) this.#levels.set(key, { excess, atMs: nowMs });
    const key = `${filter.zone} ${address}`;
    const inFlight = this.#inFlight.get(key) ?? 0;
    if (filter.connections > 0 && inFlight >= filter.connections) return "connections-refused";
    if (filter.connections > 0) this.#inFlight.set(key, inFlight + 1);
    return "pass";
  }

  release(filter: LimitsFilter, address: string): void {
    const key = `${filter.zone} ${address}`;
    if (filter.connections > 0) this.#inFlight.set(key, (this.#inFlight.get(key) ?? 0) - 1);
  }
}

const rate = fc.option(fc.record({ rate: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 0, max: 20 }) }));
const filters = fc.array(
  fc.record({
    zone: fc.constantFrom("a/one", "a/two", "b/one"),
    requestsPerSecond: rate,
    requestsPerMinute: rate,
    connections: fc.integer({ min: 0, max: 3 }),
    allowlist: fc.constant<string[]>([]),
  }),
  { minLength: 1, maxLength: 3 },
);
const steps = fc.array(
  fc.record({
    pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 100_000 })),
    filter: fc.nat(),
    address: fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"),
    release: fc.boolean(),
  }),
  { maxLength: 120 },
);

test("the table admits what a plain model admits, whatever comes in whatever order", () => {
  fc.assert(
    fc.property(filters, steps, fc.nat(), (filters, steps, startMs) => {
      let nowMs = startMs;
      const limits = openOwnLimits(
        64,
        () => nowMs,
        () => 0.7,
      );
      const naive = new NaiveLimits();
      const compiled = filters.map(compileLimits);
      for (const step of steps) {
        nowMs += step.pauseMs;
        const index = step.filter % filters.length;
        const filter = filters[index] as LimitsFilter;
        const mine = compiled[index] as (typeof compiled)[number];
        const admission = limits.admit(mine, step.address);
        expect(admission).toBe(naive.admit(filter, step.address, nowMs));
        if (admission === "pass" && step.release) {
          limits.release(mine, step.address);
          naive.release(filter, step.address);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test("no more than rate × time + burst + 1 requests pass, however they are spread", () => {
  const spread = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(spread, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 10 }), (pauses, rate, burst) => {
      let nowMs = 0;
      const limits = openOwnLimits(
        16,
        () => nowMs,
        () => 0,
      );
      const filter = compileLimits({
        zone: "a/one",
        requestsPerSecond: { rate, burst },
        requestsPerMinute: null,
        connections: 0,
        allowlist: [],
      });
      let passed = 0;
      for (const pause of pauses) {
        nowMs += pause;
        if (limits.admit(filter, "192.0.2.1") === "pass") passed++;
      }
      expect(passed).toBeLessThanOrEqual(Math.floor((rate * nowMs) / 1000) + burst + 1);
    }),
    { numRuns: 100 },
  );
});
