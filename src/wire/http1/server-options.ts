import type { TimerWheel } from "../loop/timer-wheel.ts";

/** How one HTTP/1.x client connection is served. Times in milliseconds. */
export interface Http1ServerOptions {
  /** For a whole request head, from the first byte (of the first one: from the start of the connection). A trickle gains nothing. */
  readonly headerTimeoutMs: number;
  /** Between two reads of a request body. */
  readonly bodyTimeoutMs: number;
  /** Idle time between two requests. */
  readonly keepAliveMs: number;
  /** Requests on one connection; 0: no limit. */
  readonly keepAliveRequests: number;
  /** How long a client may take nothing of a response that is waiting for it. */
  readonly sendTimeoutMs: number;
  /** False: fields with `_` in their name are dropped. */
  readonly underscoresInHeaders: boolean;
  readonly wheel: TimerWheel;
}
