import { parentPort, workerData } from "node:worker_threads";
import type { LimitsFilter } from "../../../src/model/filters/limits.ts";
import {
  compileLimits,
  createLimits,
  type LimitsHolder,
  type LimitsMemory,
} from "../../../src/proxy/filters/limits/limits.ts";

/** A thread that asks for admission as fast as it can, at one moment in time, for several clients in turn. */
export interface Hammer {
  readonly filter: LimitsFilter;
  readonly memory: LimitsMemory;
  readonly holder: LimitsHolder;
  readonly rounds: number;
  readonly clients: number;
  /** Cell 0: how many threads are ready; none begins before all of them. */
  readonly start: Int32Array;
  readonly threads: number;
  readonly release: "each" | "never";
}

const { filter, memory, holder, rounds, clients, start, threads, release } = workerData as Hammer;
const limits = createLimits({ monotonicMs: () => 1_000_000, memory, holder });
const compiled = compileLimits(filter);
const admitted = Array.from({ length: clients }, () => 0);
Atomics.add(start, 0, 1);
while (Atomics.load(start, 0) < threads) Atomics.pause();
for (let i = 0; i < rounds; i++) {
  for (let client = 0; client < clients; client++) {
    const address = `192.0.2.${client}`;
    if (limits.admit(compiled, address) !== "pass") continue;
    admitted[client] = (admitted[client] ?? 0) + 1;
    if (release === "each") limits.release(compiled, address);
  }
}
parentPort?.postMessage(admitted);
