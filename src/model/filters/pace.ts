/** Slows each response down: `limit-rate`. */
export interface PaceFilter {
  /** Above 0. */
  readonly bytesPerSecond: number;
  /** Of each response, what is sent without regard to the rate. */
  readonly freeBytes: number;
}
