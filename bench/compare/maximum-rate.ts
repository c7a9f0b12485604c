import type { LoadOptions } from "../load/run-load.ts";
import { RIVALS } from "../rivals/rivals.ts";
import { SCENARIOS } from "../scenarios/scenarios.ts";
import type { Instances } from "./instances.ts";
import { measureOnce } from "./measure.ts";
import { median } from "../support/statistics.ts";

const ATTEMPTS = 3;

/** Requests per second that nginx carries at most, small GETs over kept connections: the median of three tries. */
export async function maximumRate(
  instances: Instances,
  options: LoadOptions,
  say: (line: string) => void,
): Promise<number> {
  const [nginx] = RIVALS;
  const scenario = SCENARIOS.find(({ id }) => id === "small-get");
  if (nginx === undefined || scenario === undefined) throw new Error("there is nothing to compare with");
  const instance = await instances.get(nginx, scenario.profile);
  const rates: number[] = [];
  for (let i = 0; i < ATTEMPTS; i++) rates.push((await measureOnce(scenario, instance, "", options)).requestsPerSecond);
  const rate = median(rates);
  say(`nginx carries ${Math.round(rate)} small requests a second here; latencies are taken at half of that.`);
  return rate;
}
