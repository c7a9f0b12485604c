import fc from "fast-check";
import { expect, test } from "vitest";
import { WriteRate } from "../../../src/controller/write-rate.ts";
import { VirtualTime } from "../../support/waiting/virtual-time.ts";
import { mostWithin } from "../../support/oracles/rates.ts";

test("never more writes start than the limits allow, in any stretch of time and however they are asked for", async () => {
  const limits = fc.record({ perSecond: fc.integer({ min: 1, max: 500 }), burst: fc.integer({ min: 1, max: 50 }) });
  const pausesMs = fc.array(fc.nat(400), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(limits, pausesMs, async (limit, pauses) => {
      const time = new VirtualTime();
      const rate = new WriteRate(limit, time, time.pause);
      const startsMs: number[] = [];
      const ask = async (): Promise<void> => {
        await rate.turn(new AbortController().signal);
        startsMs.push(time.monotonicMs());
      };
      const asked = pauses.map(async (_, index) => {
        const atMs = pauses.slice(0, index).reduce((sum, ms) => sum + ms, 0);
        if (atMs > 0) await time.pause(atMs);
        await ask();
      });
      await time.passUntil(Promise.all(asked));
      expect(startsMs).toHaveLength(pauses.length);
      for (const windowMs of [0, 100, 1_000]) {
        const allowed = limit.burst + (limit.perSecond * windowMs) / 1_000;
        expect(mostWithin(startsMs, windowMs)).toBeLessThanOrEqual(allowed + 1e-6);
      }
    }),
    { numRuns: 50 },
  );
});

test("a turn that is waited for ends at once when the work is called off", async () => {
  const time = new VirtualTime();
  const rate = new WriteRate({ perSecond: 1, burst: 1 }, time, time.pause);
  const stopping = new AbortController();
  await rate.turn(stopping.signal);
  const waiting = rate.turn(stopping.signal);
  stopping.abort();
  await waiting;
  expect(time.monotonicMs()).toBe(0);
});
