import type { RequestMetricsOptions } from "../../model/request-metrics-options.ts";

/** One histogram of the per-request metrics and where its numbers lie in a cell. */
export interface HistogramSlot {
  /** Name after `nginx_ingress_controller_`. */
  readonly name: string;
  readonly help: string;
  readonly bounds: readonly number[];
  /** Index of the sum of all values. */
  readonly sum: number;
  /** Index of the first bucket, and from each to the next, which may lie before it; `+Inf` is the last bucket. */
  readonly first: number;
  readonly step: number;
}

/**
 * Where the numbers of one label set lie in their cell, in rows: the request count and the sums, then the first bucket of each histogram, then
 * the second of each … Those of the lengths lie the other way round, `+Inf` first, which is where most requests and responses are. What is
 * fast and small, as most is, so adds to numbers that lie together, and a request for a route that was not asked for in a while waits for few
 * cache lines. Buckets are not cumulative.
 */
export interface CellLayout {
  /** Numbers in a cell. */
  readonly length: number;
  /** False: `requests` is excluded from printing; it is counted all the same. */
  readonly printsRequests: boolean;
  /** In the order in which they are printed. */
  readonly histograms: readonly HistogramSlot[];
  /** Null where the metric is excluded. */
  readonly slots: Readonly<Record<HistogramName, HistogramSlot | null>>;
}

type Buckets = "timeBuckets" | "lengthBuckets" | "sizeBuckets";
const LAST_FIRST: ReadonlySet<Buckets> = new Set(["lengthBuckets"]);

interface HistogramEntry {
  readonly help: string;
  readonly buckets: Buckets;
}

/** ingress-nginx's histograms. Upstream times are those of the last attempt; an answer without an upstream has none. */
export const HISTOGRAMS = {
  request_duration_seconds: { help: "The request processing time in seconds", buckets: "timeBuckets" },
  response_duration_seconds: { help: "The time the upstream took in seconds", buckets: "timeBuckets" },
  header_duration_seconds: { help: "The time to the upstream's head in seconds", buckets: "timeBuckets" },
  connect_duration_seconds: { help: "The time to connect to the upstream in seconds", buckets: "timeBuckets" },
  request_size: { help: "The request length in bytes, head included", buckets: "lengthBuckets" },
  response_size: { help: "The response length in bytes, head included", buckets: "lengthBuckets" },
  bytes_sent: { help: "The bytes sent to the client (same as response_size)", buckets: "sizeBuckets" },
} as const satisfies Record<string, HistogramEntry>;

type HistogramName = keyof typeof HISTOGRAMS;

export const REQUESTS = { name: "requests", help: "The total number of client requests" } as const;

/** The request count, and one number of each histogram. */
const ROW = 1 + Object.keys(HISTOGRAMS).length;

export function compileLayout(options: RequestMetricsOptions): CellLayout {
  const excluded = new Set(options.excluded);
  const slots: Record<string, HistogramSlot | null> = {};
  const histograms: HistogramSlot[] = [];
  // The request count lies at index 0.
  let sum = 1;
  let rows = 1;
  for (const [name, { help, buckets }] of Object.entries(HISTOGRAMS)) {
    const bounds = options[buckets];
    if (excluded.has(name)) {
      slots[name] = null;
      continue;
    }
    const top = ROW + sum;
    const order = LAST_FIRST.has(buckets)
      ? { first: top + bounds.length * ROW, step: -ROW }
      : { first: top, step: ROW };
    const slot: HistogramSlot = { name, help, bounds, sum, ...order };
    slots[name] = slot;
    histograms.push(slot);
    sum++;
    // Buckets and `+Inf`.
    rows = Math.max(rows, 1 + bounds.length + 1);
  }
  return {
    length: rows * ROW,
    printsRequests: !excluded.has(REQUESTS.name),
    histograms,
    slots: slots as Record<HistogramName, HistogramSlot | null>,
  };
}
