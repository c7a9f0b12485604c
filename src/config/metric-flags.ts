import { err, ok, type Result } from "../lib/result.ts";
import type { RequestMetricsOptions } from "../model/request-metrics-options.ts";
import { type Command, flag, type FlagEntry } from "./flag-entry.ts";
import type { FlagReader } from "./flag-reader.ts";
import { parseBoolFlag } from "./flag-values.ts";

const group = "Metrics";
const PREFIX = "nginx_ingress_controller_";
/** Each bound is a line in every series. */
const MAX_BUCKETS = 50;

/** What the per-request metrics look like. The keys are those of `Config.metrics`. */
export const METRIC_FLAGS = {
  perHost: flag({
    name: "metrics-per-host",
    group,
    type: "bool",
    parse: parseBoolFlag,
    fallback: "true",
    doc: "Labels the metrics of requests with the host of the rule.",
  }),
  perUndefinedHost: flag({
    name: "metrics-per-undefined-host",
    group,
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    status: { kind: "differs", how: "beyond 500 such hosts a worker counts further ones as `_`" },
    doc: "Also counts requests for hosts that no Ingress has; needs --metrics-per-host.",
  }),
  statusClasses: flag({
    name: "report-status-classes",
    group,
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    doc: "Labels with 2xx in place of 200.",
  }),
  excluded: flag({
    name: "exclude-socket-metrics",
    group,
    type: "text",
    parse: parseExcluded,
    fallback: "",
    doc: "Metrics of requests to leave out, between commas; with or without the prefix nginx_ingress_controller_.",
  }),
  timeBuckets: flag({
    name: "time-buckets",
    group,
    type: "text",
    parse: parseBuckets,
    fallback: "0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10",
    doc: "Upper bounds of the durations, in seconds.",
  }),
  lengthBuckets: flag({
    name: "length-buckets",
    group,
    type: "text",
    parse: parseBuckets,
    fallback: "10,20,30,40,50,60,70,80,90,100",
    doc: "Upper bounds of request_size and response_size, in bytes.",
  }),
  sizeBuckets: flag({
    name: "size-buckets",
    group,
    type: "text",
    parse: parseBuckets,
    fallback: "10,100,1000,10000,100000,1e+06,1e+07",
    doc: "Upper bounds of bytes_sent, in bytes.",
  }),
} as const satisfies { readonly [K in keyof RequestMetricsOptions]: FlagEntry<RequestMetricsOptions[K]> };

export function readMetrics(reader: FlagReader, command: Command): RequestMetricsOptions {
  const metrics = reader.read(METRIC_FLAGS, command);
  if (metrics.perUndefinedHost && !metrics.perHost) {
    reader.fail("--metrics-per-undefined-host", "true", "needs --metrics-per-host=true");
  }
  return metrics;
}

function parseExcluded(text: string): Result<readonly string[]> {
  const names = text.split(",").map((name) => name.trim());
  return ok(
    names.filter((name) => name !== "").map((name) => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name)),
  );
}

function parseBuckets(text: string): Result<readonly number[]> {
  const bounds = text.split(",").map((bound) => (bound.trim() === "" ? Number.NaN : Number(bound)));
  const ascends = bounds.every((bound, index) => Number.isFinite(bound) && bound > (bounds[index - 1] ?? -Infinity));
  return ascends && bounds.length <= MAX_BUCKETS
    ? ok(bounds)
    : err(`expected at most ${MAX_BUCKETS} ascending numbers separated by commas, such as 0.1,1,10`);
}
