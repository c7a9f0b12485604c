import { truncateSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type LoadOptions, runLoad } from "../load/run-load.ts";
import type { LoadTarget } from "../load/target.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Instance } from "./instances.ts";
import { coreBusyMicros, cpuMicros } from "../support/proc.ts";
import { quantile } from "../support/statistics.ts";

/** What one round of one scenario with one rival gave. */
export interface Sample {
  /** Microseconds of CPU for one request. */
  readonly cpuMicros: number;
  readonly requestsPerSecond: number;
  /** Null where the load generator does not tell. */
  readonly p99Micros: number | null;
  readonly p50Micros: number | null;
  /** Part of the time in which the proxy's core worked for others: the noise of the machine. */
  readonly foreignShare: number;
  readonly note: string;
}

/** A few requests may fail at the end of the time, when the tool goes away. */
const TOLERATED_ERROR_SHARE = 0.001;
/** Lets a proxy close what the load before left open. */
const SETTLE_MS = 50;

/** Loads a rival for some seconds and reads what that cost it. Rejects when requests failed. */
export async function measureOnce(
  scenario: Scenario,
  { running, setup }: Instance,
  cookie: string,
  options: LoadOptions,
): Promise<Sample> {
  if (scenario.profile === "log") truncateSync(setup.logFile);
  await sleep(SETTLE_MS);
  const before = look(running.pid, setup.core);
  const result = await runLoad(scenario.load, targetOf(scenario, setup, cookie), options);
  const after = look(running.pid, setup.core);
  const { requests, errors, note, latenciesMicros } = result;
  if (requests === 0 || errors > 1 + requests * TOLERATED_ERROR_SHARE) {
    throw new Error(`${errors} of ${requests + errors} requests failed`);
  }
  const elapsedMicros = after.nowMicros - before.nowMicros;
  const used = after.cpuMicros - before.cpuMicros;
  const [p50, p99] = [quantile(latenciesMicros, 0.5), quantile(latenciesMicros, 0.99)];
  return {
    cpuMicros: used / requests,
    requestsPerSecond: requests / options.seconds,
    p50Micros: Number.isNaN(p50) ? null : p50,
    p99Micros: Number.isNaN(p99) ? null : p99,
    foreignShare: Math.max(0, (after.busyMicros - before.busyMicros - used) / elapsedMicros),
    note,
  };
}

interface Look {
  readonly cpuMicros: number;
  readonly busyMicros: number;
  readonly nowMicros: number;
}

function look(pid: number, core: number): Look {
  return { cpuMicros: cpuMicros(pid), busyMicros: coreBusyMicros(core), nowMicros: performance.now() * 1000 };
}

/** Where a scenario's load goes. */
export function targetOf(scenario: Scenario, setup: Instance["setup"], cookie: string): LoadTarget {
  const { scheme, host, path } = scenario;
  return { scheme, host, path, cookie, port: scheme === "https" ? setup.httpsPort : setup.httpPort };
}
