import { bucketOf } from "./histogram.ts";

/** Upper bounds in seconds of a collection's duration; those of prom-client's own histogram, so that all threads make one family. */
export const GC_BOUNDS_SECONDS = [0.001, 0.01, 0.1, 1, 2, 5] as const;
export const GC_KINDS = ["major", "minor", "incremental", "weakcb"] as const;
export type GcKind = (typeof GC_KINDS)[number];

/** Places of the figures that are not of the collector; all in bytes. */
export const THREAD_FIGURE = { heapTotal: 0, heapUsed: 1, external: 2 } as const;

/** By kind: a count for each bound, one for `+Inf`, and the sum of seconds. */
const GC_STEP = GC_BOUNDS_SECONDS.length + 2;
const GC_FIRST = Object.keys(THREAD_FIGURE).length;

/**
 * The heap and garbage collector of one thread, in shared memory: the main thread reads it at a scrape without
 * asking a thread that may be busy.
 */
export type ThreadMemory = Float64Array<SharedArrayBuffer>;

export function createThreadMemory(): ThreadMemory {
  const length = GC_FIRST + GC_KINDS.length * GC_STEP;
  return new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
}

export function countCollection(memory: ThreadMemory, kind: GcKind, seconds: number): void {
  const first = firstOf(kind);
  const bucket = first + bucketOf(GC_BOUNDS_SECONDS, seconds);
  memory[bucket] = (memory[bucket] ?? 0) + 1;
  const sum = first + GC_STEP - 1;
  memory[sum] = (memory[sum] ?? 0) + seconds;
}

/** Counts by bucket, not cumulative, the last one `+Inf`; and their sum in seconds. */
export function readCollections(memory: ThreadMemory, kind: GcKind): { counts: readonly number[]; sum: number } {
  const first = firstOf(kind);
  return { counts: [...memory.subarray(first, first + GC_STEP - 1)], sum: memory[first + GC_STEP - 1] ?? 0 };
}

function firstOf(kind: GcKind): number {
  return GC_FIRST + GC_KINDS.indexOf(kind) * GC_STEP;
}
