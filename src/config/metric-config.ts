import { err, ok, type Result } from "../lib/result.ts";
import type { RequestMetricsOptions } from "../model/request-metrics-options.ts";
import type { FlagSource } from "./flag-source.ts";
import { parseBoolFlag } from "./flag-values.ts";

export function metricConfig(flags: FlagSource): RequestMetricsOptions {
  const perHost = flags.value("metrics-per-host", parseBoolFlag);
  const perUndefinedHost = flags.value("metrics-per-undefined-host", parseBoolFlag);
  if (perUndefinedHost && !perHost) {
    flags.fail("--metrics-per-undefined-host", "true", "needs --metrics-per-host=true");
  }
  return {
    perHost,
    perUndefinedHost,
    statusClasses: flags.value("report-status-classes", parseBoolFlag),
    excluded: flags.value("exclude-socket-metrics", parseExcluded),
    timeBuckets: flags.value("time-buckets", parseBuckets),
    lengthBuckets: flags.value("length-buckets", parseBuckets),
    sizeBuckets: flags.value("size-buckets", parseBuckets),
  };
}

const PREFIX = "nginx_ingress_controller_";
/** Each bound is a line in every series. */
const MAX_BUCKETS = 50;

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
