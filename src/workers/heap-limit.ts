import { memoryLimitBytes } from "../lib/memory-limit.ts";

const MEBIBYTE = 1_048_576;
/** The rest is for what lies outside of heaps: buffers, OpenSSL, stacks, shared memory. */
const HEAP_SHARE = 0.75;
const MIN_MB = 128;
const MAX_MB = 2048;

/** Heap of one worker in MiB, so that a leak costs one worker and not, by the kernel's hand, the process. */
export function workerHeapLimitMb(workers: number): number {
  const total = memoryLimitBytes();
  // The main thread and a worker that is being replaced have their part as well.
  const each = Math.floor((total * HEAP_SHARE) / MEBIBYTE / (workers + 2));
  return Math.min(MAX_MB, Math.max(MIN_MB, each));
}
