import type { TimerWheel } from "../timer-wheel.ts";
import { DEFAULT_WINDOW_BYTES, SETTING } from "./frames.ts";

/** How one HTTP/2 connection is served. Times in milliseconds. */
export interface Http2ServerOptions {
  /** From the start of the connection to the first request. */
  readonly headerTimeoutMs: number;
  /** Between two reads of a request body. */
  readonly bodyTimeoutMs: number;
  /** Idle time after which a connection without streams is closed. */
  readonly keepAliveMs: number;
  /** Requests after which the connection is drained, so that clients spread over new processes; 0: never. */
  readonly keepAliveRequests: number;
  /** Between two writes that the client took off our hands. */
  readonly sendTimeoutMs: number;
  /** False: fields with `_` in their name are dropped. */
  readonly underscoresInHeaders: boolean;
  readonly maxConcurrentStreams: number;
  readonly wheel: TimerWheel;
}

/** Of one request: fields, cookie crumbs included; more are answered with RST_STREAM(ENHANCE_YOUR_CALM). */
export const HEAD_LIMITS = { fields: 100, bytes: 32_768 } as const;
/** Request bodies that may wait on one connection; each stream has its own 64 KiB of it. */
export const CONNECTION_WINDOW_BYTES = 1_048_576;

/** What we tell each client at the start. */
export function openingSettings(maxConcurrentStreams: number): ReadonlyMap<number, number> {
  return new Map([
    [SETTING.maxConcurrentStreams, maxConcurrentStreams],
    [SETTING.initialWindowSize, DEFAULT_WINDOW_BYTES],
    [SETTING.maxHeaderListSize, HEAD_LIMITS.bytes],
  ]);
}
