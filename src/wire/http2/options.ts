import type { TimerWheel } from "../loop/timer-wheel.ts";
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

/**
 * Of one request, counted as HTTP/1.1 would write it; more is answered with 431. All crumbs of a cookie are one field (RFC 9113 §8.2.3).
 * The number of fields, nginx's, is there for those that are nearly empty.
 */
export const HEAD_LIMITS = { fields: 1000, bytes: 32_768 } as const;
/** As RFC 9113 §6.5.2 counts them for clients, with 32 bytes for each field: what fits into our limits must not be held back. */
const TOLD_LIST_BYTES = HEAD_LIMITS.bytes + HEAD_LIMITS.fields * 32;
/** Request bodies that may wait on one connection; each stream has its own 64 KiB of it. */
export const CONNECTION_WINDOW_BYTES = 1_048_576;

/** What we tell each client at the start. */
export function openingSettings(maxConcurrentStreams: number): ReadonlyMap<number, number> {
  return new Map([
    [SETTING.maxConcurrentStreams, maxConcurrentStreams],
    [SETTING.initialWindowSize, DEFAULT_WINDOW_BYTES],
    [SETTING.maxHeaderListSize, TOLD_LIST_BYTES],
  ]);
}
