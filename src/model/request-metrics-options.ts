/** What the command line says about the per-request metrics. */
export interface RequestMetricsOptions {
  /** `--metrics-per-host`: the label `host`. */
  readonly perHost: boolean;
  /** `--metrics-per-undefined-host`: also counts hosts that no Ingress has. */
  readonly perUndefinedHost: boolean;
  /** `--report-status-classes`: `2xx` in place of `200`. */
  readonly statusClasses: boolean;
  /** `--exclude-socket-metrics`: names without ingress-nginx's prefix. */
  readonly excluded: readonly string[];
  /** Upper bounds, ascending, without `+Inf`: seconds. */
  readonly timeBuckets: readonly number[];
  /** Bytes of `request_size` and `response_size`. */
  readonly lengthBuckets: readonly number[];
  /** Bytes of `bytes_sent`. */
  readonly sizeBuckets: readonly number[];
}
