import { describe, expect, test } from "vitest";
import { takeSteps } from "../../../src/controller/admission/take-steps.ts";

/** A clock that a test moves. */
function aClock(): { nowMs: () => number; monotonicMs: () => number; passedMs: number } {
  const clock = { passedMs: 0, nowMs: () => clock.passedMs, monotonicMs: () => clock.passedMs };
  return clock;
}

function* steps(clock: { passedMs: number }, costsMs: readonly number[]): Generator<void, string> {
  for (const cost of costsMs) {
    clock.passedMs += cost;
    yield;
  }
  return "done";
}

describe("work in steps", () => {
  test("gives what comes of it", async () => {
    const clock = aClock();
    expect(await takeSteps(steps(clock, [1, 1, 20, 1]), clock, 1000)).toBe("done");
  });

  test("lets the event loop turn after some milliseconds", async () => {
    const clock = aClock();
    const order: string[] = [];
    setImmediate(() => order.push("others"));
    const work = takeSteps(steps(clock, [1, 1, 1, 1, 1, 1]), clock, 1000).then(() => order.push("work"));
    await work;
    expect(order).toEqual(["others", "work"]);
  });

  test("ends when it has used up its budget, the time of others not counted", async () => {
    const clock = aClock();
    const endless = steps(
      clock,
      Array.from({ length: 1000 }, () => 10),
    );
    expect(await takeSteps(endless, clock, 100)).toBeNull();
    expect(clock.passedMs).toBe(100);
  });
});
