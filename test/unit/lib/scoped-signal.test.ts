import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ScopedSignal } from "../../../src/lib/scoped-signal.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("it aborts with the first of the others, for the same reason", () => {
  const [one, other] = [new AbortController(), new AbortController()];
  using scoped = new ScopedSignal([one.signal, other.signal], null);
  other.abort("the second");
  one.abort("the first");
  expect(scoped.signal.reason).toBe("the second");
});

test("it is aborted from the start where one of the others is", () => {
  using scoped = new ScopedSignal([AbortSignal.abort("over")], 1_000);
  expect(scoped.signal.reason).toBe("over");
});

test("it aborts when the time is over, and not before", () => {
  using scoped = new ScopedSignal([], 1_000);
  vi.advanceTimersByTime(999);
  expect(scoped.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(scoped.signal.reason).toMatchObject({ name: "TimeoutError" });
});

test("once disposed of it leaves no timer and no listener behind, and never aborts", () => {
  const other = new AbortController();
  const scoped = new ScopedSignal([other.signal], 1_000);
  scoped[Symbol.dispose]();
  expect({ timers: vi.getTimerCount(), listeners: getEventListeners(other.signal, "abort") }).toEqual({
    timers: 0,
    listeners: [],
  });
  other.abort();
  expect(scoped.signal.aborted).toBe(false);
});
