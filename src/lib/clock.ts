import { performance } from "node:perf_hooks";

/** Time is passed in, so that tests can hold it still. */
export interface Clock {
  /** Wall-clock milliseconds since the epoch; may jump. For certificates, cookies and logs. */
  nowMs(): number;
  /** Milliseconds that never go backwards, the same in every thread. For every deadline and rate. */
  monotonicMs(): number;
}

/** `performance.now` counts from the start of its thread, `hrtime` from one moment for all of them, on the same clock. */
const THREAD_START_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => THREAD_START_MS + performance.now(),
};
