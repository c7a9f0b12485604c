import { memoryLimitBytes } from "../lib/memory-limit.ts";
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
