/** Requests with a longer body are answered 413. */
export interface BodyLimitFilter {
  /** Above 0: no limit is no filter. */
  readonly maxBytes: number;
}
