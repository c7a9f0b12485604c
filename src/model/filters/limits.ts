/** Leaky buckets shared by every route of one Ingress, keyed by client address. */
export interface LimitsFilter {
  /** `<namespace>/<ingress>`: one zone for all hosts and paths of the Ingress. */
  readonly zone: string;
  /** Null where not limited. */
  readonly requestsPerSecond: RateLimit | null;
  readonly requestsPerMinute: RateLimit | null;
  /** Requests in flight per client address; 0 is unlimited. */
  readonly connections: number;
  /** Canonical CIDRs whose clients are never counted. */
  readonly allowlist: readonly string[];
}

export interface RateLimit {
  /** Requests per period. */
  readonly rate: number;
  /** Requests above the rate that pass at once: rate × burst multiplier. */
  readonly burst: number;
}
