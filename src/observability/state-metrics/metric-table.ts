import { CONTROLLER_METRICS } from "./controller-metrics.ts";
import type { MetricEntry } from "./metric-entry.ts";
import { OWN_METRICS } from "./own-metrics.ts";
import { PROCESS_METRICS } from "./process-metrics.ts";

/** Every metric that is not per request, in the order in which they are printed. */
export const STATE_METRICS: readonly MetricEntry[] = [...CONTROLLER_METRICS, ...PROCESS_METRICS, ...OWN_METRICS];
