import { setImmediate as nextTurn } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { IdleCollector, oldHeapBytes, openCollect } from "../../../src/cli/idle-collector.ts";

const QUIET_MS = 1_000;
const MEBIBYTE = 1_048_576;

describe("when the heap is collected", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("once, when nothing has changed for a while", () => {
    const heap = openHeap({ mebibytes: 200, left: 80 });
    heap.collector.noteChange();
    vi.advanceTimersByTime(QUIET_MS - 1);
    expect(heap.collections).toBe(0);
    vi.advanceTimersByTime(10 * QUIET_MS);
    expect(heap.collections).toBe(1);
  });

  test("not between changes of one burst", () => {
    const heap = openHeap({ mebibytes: 200, left: 80 });
    for (let i = 0; i < 20; i++) {
      heap.collector.noteChange();
      vi.advanceTimersByTime(QUIET_MS / 2);
    }
    expect(heap.collections).toBe(0);
    vi.advanceTimersByTime(QUIET_MS / 2);
    expect(heap.collections).toBe(1);
  });

  test("again only once it has grown by a part of what was left", () => {
    const heap = openHeap({ mebibytes: 200, left: 80 });
    const changeAt = (mebibytes: number): number => {
      heap.mebibytes = mebibytes;
      heap.collector.noteChange();
      vi.advanceTimersByTime(QUIET_MS);
      return heap.collections;
    };
    expect([changeAt(200), changeAt(99), changeAt(99), changeAt(100), changeAt(99)]).toEqual([1, 1, 1, 2, 2]);
  });

  test("not where there is little of it", () => {
    const heap = openHeap({ mebibytes: 15, left: 10 });
    heap.collector.noteChange();
    vi.advanceTimersByTime(QUIET_MS);
    expect(heap.collections).toBe(0);
  });

  test("not where it is so large that the pause would be long", () => {
    const heap = openHeap({ mebibytes: 600, left: 300 });
    heap.collector.noteChange();
    vi.advanceTimersByTime(QUIET_MS);
    expect(heap.collections).toBe(0);
  });
});

describe("the collection", () => {
  test("frees what nobody refers to, and gives pages back", async () => {
    const collect = openCollect();
    const kept = [new WeakRef(Array.from({ length: 1_000_000 }, () => 1))];
    const before = oldHeapBytes();
    // What was looked at in this turn lives until its end.
    await nextTurn();
    collect();
    expect(kept[0]?.deref()).toBeUndefined();
    expect(oldHeapBytes()).toBeLessThan(before);
  });

  test("leaves its function to nobody else", () => {
    openCollect();
    expect(runInNewContext("typeof gc")).toBe("undefined");
  });
});

interface FakeHeap {
  mebibytes: number;
  collections: number;
  readonly collector: IdleCollector;
}

/** `left`: MiB after a collection. */
function openHeap({ mebibytes, left }: { readonly mebibytes: number; readonly left: number }): FakeHeap {
  const heap: FakeHeap = {
    mebibytes,
    collections: 0,
    collector: new IdleCollector({
      quietMs: QUIET_MS,
      heapBytes: () => heap.mebibytes * MEBIBYTE,
      collect: () => {
        heap.collections++;
        heap.mebibytes = left;
      },
    }),
  };
  return heap;
}
