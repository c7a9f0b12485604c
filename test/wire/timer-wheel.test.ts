import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Deadline, TimerWheel } from "../../src/wire/wire.ts";
import { FakeClock } from "../support/waiting/fake-clock.ts";

function setUp() {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, 100);
  const expired: string[] = [];
  const deadline = (name: string): Deadline => new Deadline(() => void expired.push(name));
  const pass = (ms: number): void => {
    clock.advance(ms);
    wheel.tick();
  };
  return { wheel, expired, deadline, pass, [Symbol.dispose]: () => wheel.close() };
}

describe("TimerWheel", () => {
  test("expires a deadline once, not early and at most two ticks late", () => {
    using bench = setUp();
    bench.wheel.arm(bench.deadline("a"), 1000);
    bench.pass(999);
    expect(bench.expired).toEqual([]);
    bench.pass(201);
    expect(bench.expired).toEqual(["a"]);
    bench.pass(100_000);
    expect(bench.expired).toEqual(["a"]);
    expect(bench.wheel.size).toBe(0);
  });

  test("a deadline further away than the ring is long waits for its round", () => {
    using bench = setUp();
    bench.wheel.arm(bench.deadline("a"), 600_000);
    for (let i = 0; i < 599; i++) bench.pass(1000);
    expect(bench.expired).toEqual([]);
    bench.pass(1200);
    expect(bench.expired).toEqual(["a"]);
  });

  test("arming again moves a deadline, either way", () => {
    using bench = setUp();
    const a = bench.deadline("a");
    bench.wheel.arm(a, 1000);
    bench.wheel.arm(a, 5000);
    bench.pass(2000);
    expect(bench.expired).toEqual([]);
    bench.wheel.arm(a, 500);
    bench.pass(700);
    expect(bench.expired).toEqual(["a"]);
  });

  test("a disarmed deadline never expires", () => {
    using bench = setUp();
    const a = bench.deadline("a");
    bench.wheel.arm(a, 1000);
    bench.wheel.disarm(a);
    bench.wheel.disarm(a);
    bench.pass(10_000);
    expect(bench.expired).toEqual([]);
    expect(a.armed).toBe(false);
  });

  test("callbacks may arm and disarm, themselves and others", () => {
    using bench = setUp();
    const other = bench.deadline("other");
    let runs = 0;
    const again: Deadline = new Deadline(() => {
      runs++;
      bench.wheel.disarm(other);
      if (runs < 3) bench.wheel.arm(again, 100);
    });
    bench.wheel.arm(again, 100);
    bench.wheel.arm(other, 100);
    for (let i = 0; i < 20; i++) bench.pass(100);
    expect(runs).toBe(3);
    expect(bench.expired).toEqual([]);
  });

  test("a closed wheel is empty for good", () => {
    using bench = setUp();
    bench.wheel.arm(bench.deadline("a"), 100);
    bench.wheel.close();
    bench.wheel.arm(bench.deadline("b"), 100);
    bench.pass(1000);
    expect(bench.expired).toEqual([]);
    expect(bench.wheel.size).toBe(0);
  });

  test("whatever is armed, moved and disarmed, each expiry comes within two ticks of its time", () => {
    const action = fc.record({
      which: fc.nat(4),
      delayMs: fc.integer({ min: 0, max: 200_000 }),
      passMs: fc.nat(90_000),
      disarm: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const clock = new FakeClock();
        const wheel = new TimerWheel(clock, 100);
        const due = new Map<number, number>();
        const deadlines = Array.from({ length: 5 }, (_, which) => {
          return new Deadline(() => {
            const late = clock.monotonicMs() - (due.get(which) ?? Number.NaN);
            expect(late).toBeGreaterThanOrEqual(0);
            expect(late).toBeLessThanOrEqual(300);
            due.delete(which);
          });
        });
        for (const { which, delayMs, passMs, disarm } of actions) {
          const deadline = deadlines[which] as Deadline;
          if (disarm) wheel.disarm(deadline);
          else wheel.arm(deadline, delayMs);
          if (disarm) due.delete(which);
          else due.set(which, clock.monotonicMs() + delayMs);
          for (let passed = 0; passed < passMs; passed += 100) {
            clock.advance(100);
            wheel.tick();
          }
        }
        expect(wheel.size).toBe(due.size);
        wheel.close();
      }),
      { numRuns: 50 },
    );
  });
});
