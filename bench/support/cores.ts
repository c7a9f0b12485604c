import { availableParallelism } from "node:os";

/** The proxy alone on one core; load generators, backends and this program on another. */
export const CORES = { proxy: 0, load: Math.min(1, availableParallelism() - 1) } as const;
