/** Time is passed in, so that tests can hold it still. */
export interface Clock {
  /** Wall-clock milliseconds since the epoch; may jump. For certificates, cookies and logs. */
  nowMs(): number;
  /** Milliseconds that never go backwards. For every deadline and rate. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
