import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { NamedRefresh } from "../../../src/controller/api-source/named-refresh.ts";
import type { ReadOutcome } from "../../../src/controller/api-source/named-reader.ts";

beforeEach(() => vi.useFakeTimers());

const wanted = (): boolean => true;

/** Reads give what the table says, else that the object is there. */
function open(
  parts: {
    outcomes?: Map<string, ReadOutcome>;
    isTold?: (key: string) => boolean;
    answers?: Promise<void>;
    refreshMs?: number;
    mostPerSecond?: number;
  } = {},
): {
  readonly refresh: NamedRefresh;
  readonly reads: string[];
} {
  const reads: string[] = [];
  const refresh = new NamedRefresh({
    refreshMs: parts.refreshMs ?? 60_000,
    missingMs: 1000,
    mostPerSecond: parts.mostPerSecond ?? 100,
    isTold: (_kind, key) => parts.isTold?.(key) ?? false,
    read: async (_kind, key) => {
      reads.push(key);
      await parts.answers;
      return parts.outcomes?.get(key) ?? "read";
    },
  });
  onTestFinished(async () => {
    const stopped = refresh.stop();
    await stopped;
    vi.useRealTimers();
  });
  return { refresh, reads };
}

test("what is there is read again at the long interval, and what is missing at the short one until it is there", async () => {
  const { refresh, reads } = open();
  refresh.add({ kind: "Secret", key: "a/there", wanted, outcome: "read" });
  refresh.add({ kind: "Secret", key: "a/late", wanted, outcome: "missing" });
  await vi.advanceTimersByTimeAsync(5000);
  expect(reads).toEqual(["a/late"]);
  await vi.advanceTimersByTimeAsync(55_000);
  expect(reads).toEqual(["a/late", "a/there"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reads).toEqual(["a/late", "a/there", "a/late"]);
});

test("of many missing objects at most ten a second are looked for, each in its turn", async () => {
  const keys = Array.from({ length: 25 }, (_, i) => `a/none-${i}`);
  const { refresh, reads } = open({ outcomes: new Map(keys.map((key) => [key, "missing"])) });
  for (const key of keys) refresh.add({ kind: "Secret", key, wanted, outcome: "missing" });
  await vi.advanceTimersByTimeAsync(1000);
  expect(reads).toEqual(keys.slice(0, 10));
  await vi.advanceTimersByTimeAsync(2000);
  expect(reads).toEqual([...keys, ...keys.slice(0, 5)]);
});

test("while a round takes long, no other one is begun beside it", async () => {
  const answer = Promise.withResolvers<void>();
  const { refresh, reads } = open({ answers: answer.promise, outcomes: new Map([["a/none", "missing"]]) });
  refresh.add({ kind: "Secret", key: "a/none", wanted, outcome: "missing" });
  await vi.advanceTimersByTimeAsync(4400);
  expect(reads).toEqual(["a/none"]);
  answer.resolve();
  await vi.advanceTimersByTimeAsync(1000);
  expect(reads).toEqual(["a/none", "a/none"]);
});

test("nothing is read that a watch tells of, or that nothing refers to any more", async () => {
  let told = true;
  const { refresh, reads } = open({ isTold: (key) => key === "a/told" && told });
  refresh.add({ kind: "Secret", key: "a/told", wanted, outcome: "missing" });
  refresh.add({ kind: "Secret", key: "a/unwanted", wanted: () => false, outcome: "missing" });
  await vi.advanceTimersByTimeAsync(5000);
  expect(reads).toEqual([]);
  told = false;
  await vi.advanceTimersByTimeAsync(1000);
  expect(reads).toEqual(["a/told"]);
});

/** Adds so many objects that are there; brings back how often each was read in the time. */
async function readsWithin(
  ms: number,
  { count, mostPerSecond, missing = 0 }: { count: number; mostPerSecond: number; missing?: number },
): Promise<{
  readonly perObject: readonly number[];
  readonly perSecond: readonly number[];
  readonly ofMissing: number;
}> {
  const absent = Array.from({ length: missing }, (_, i) => `a/none-${i}`);
  const outcomes = new Map(absent.map((key) => [key, "missing" as const]));
  const { refresh, reads } = open({ refreshMs: 2_000, mostPerSecond, outcomes });
  for (let i = 0; i < count; i++) refresh.add({ kind: "Secret", key: `a/there-${i}`, wanted, outcome: "read" });
  for (const key of absent) refresh.add({ kind: "Secret", key, wanted, outcome: "missing" });
  const perSecond: number[] = [];
  for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
    const before = reads.length;
    await vi.advanceTimersByTimeAsync(1_000);
    perSecond.push(reads.length - before);
  }
  const counts = new Map<string, number>();
  for (const key of reads) counts.set(key, (counts.get(key) ?? 0) + 1);
  const perObject = Array.from({ length: count }, (_, i) => counts.get(`a/there-${i}`) ?? 0);
  return { perObject, perSecond, ofMissing: reads.filter((key) => outcomes.has(key)).length };
}

test.each([
  ["a few are read every two seconds", 5, 30],
  ["fifty too", 50, 30],
  ["of a thousand each is read every forty", 1_000, 1],
  ["of three thousand each is read within a minute", 3_000, 1],
])("of what is there %s", async (_what, count, least) => {
  const { perObject, perSecond } = await readsWithin(61_000, { count, mostPerSecond: 100 });
  expect(Math.min(...perObject)).toBeGreaterThanOrEqual(least);
  expect(Math.max(...perObject) - Math.min(...perObject)).toBeLessThanOrEqual(1);
  expect(Math.max(...perSecond)).toBeLessThanOrEqual(Math.max(25, Math.ceil(count / 60)));
});

test("however much there is to read, no more is read a second than is allowed, and everything has its turn", async () => {
  const { perObject, perSecond, ofMissing } = await readsWithin(62_000, { count: 300, missing: 50, mostPerSecond: 10 });
  expect(Math.max(...perSecond)).toBe(10);
  expect(Math.min(...perObject)).toBe(1);
  expect(ofMissing).toBe(62 * 5);
});

test("what may not be read is tried every ten seconds", async () => {
  const { refresh, reads } = open({ refreshMs: 2_000, outcomes: new Map([["a/secret", "forbidden"]]) });
  refresh.add({ kind: "Secret", key: "a/secret", wanted, outcome: "forbidden" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reads).toHaveLength(6);
});
