import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { NamedRefresh } from "../../../src/controller/api-source/named-refresh.ts";
import type { ReadOutcome } from "../../../src/controller/api-source/named-reader.ts";

beforeEach(() => vi.useFakeTimers());

const wanted = (): boolean => true;

/** Reads give what the table says, else that the object is there. */
function open(
  parts: { outcomes?: Map<string, ReadOutcome>; isTold?: (key: string) => boolean; answers?: Promise<void> } = {},
): {
  readonly refresh: NamedRefresh;
  readonly reads: string[];
} {
  const reads: string[] = [];
  const refresh = new NamedRefresh({
    refreshMs: 60_000,
    missingMs: 1000,
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
