import { memoryLimitBytes } from "./memory-limit.ts";
import type { Logger } from "../lib/logger.ts";

const MEBIBYTE = 1_048_576;

/**
 * Memory in MiB that cannot be given back, by docs/decisions/0061-memory.md: of the process with its control plane and spare worker,
 * and of each worker with traffic. Objects come on top; the chart's notes say the same (`headgate.memoryNeeds`).
 */
export const MEMORY_NEEDS_MB = { process: 96, worker: 32 } as const;

/** What so many workers need with few objects. */
export function neededMemoryMb(workers: number): number {
  return MEMORY_NEEDS_MB.process + workers * MEMORY_NEEDS_MB.worker;
}

/** The part of the memory that is for heaps. The rest is for what lies outside of them: buffers, OpenSSL, stacks, shared memory. */
const HEAP_SHARE = 0.75;
const LEAST_HEAP_MB = 128;
const LARGEST_HEAP_MB = 2048;

/** Heap of one worker in MiB, so that a leak costs one worker and not, by the kernel's hand, the process. */
export function workerHeapLimitMb(workers: number, availableMb: number): number {
  // The main thread and a worker that is being replaced have their part as well.
  const each = Math.floor((availableMb * HEAP_SHARE) / (workers + 2));
  return Math.min(LARGEST_HEAP_MB, Math.max(LEAST_HEAP_MB, each));
}

/** What there is. */
export function availableMemoryMb(): number {
  return Math.floor(memoryLimitBytes() / MEBIBYTE);
}

/** `auto` workers: as many as there are processors for, or fewer where memory is short; at least one. */
export function automaticWorkers(cpus: number, availableMb: number): number {
  const fitting = Math.floor((availableMb - MEMORY_NEEDS_MB.process) / MEMORY_NEEDS_MB.worker);
  return Math.max(1, Math.min(cpus, fitting));
}

/** One line at the start: what is needed and what is there. A warning where that is too little. */
export function logMemory(logger: Logger, workers: number, availableMb: number): void {
  const neededMb = neededMemoryMb(workers);
  const fields = { workers, neededMb, availableMb };
  if (neededMb <= availableMb) logger.info(fields, "memory for these workers, before objects");
  else logger.warn(fields, "memory is short for these workers: raise the limit, or run fewer (worker-processes)");
}
