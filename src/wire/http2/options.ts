import type { ServerSessionOptions } from "node:http2";
import type { TimerWheel } from "../timer-wheel.ts";

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

/** Fields of one request, cookie crumbs included; more are answered with RST_STREAM(ENHANCE_YOUR_CALM). */
const FIELD_LIMIT = 100;
const HEAD_LIMIT_BYTES = 32_768;

/**
 * Settings of node:http2, whose own defaults are meant for trusted peers: streams without limit, push, a thousand invalid frames.
 * `strictSingleValueFields` is off, because it makes `respond` throw when a backend repeats a field such as Content-Type.
 */
export function sessionOptions(maxConcurrentStreams: number): ServerSessionOptions {
  return {
    settings: {
      maxConcurrentStreams,
      initialWindowSize: 65_535,
      maxFrameSize: 16_384,
      maxHeaderListSize: HEAD_LIMIT_BYTES,
      headerTableSize: 4096,
      enablePush: false,
      enableConnectProtocol: false,
    },
    maxHeaderListPairs: FIELD_LIMIT,
    maxSessionMemory: 10,
    maxSettings: 32,
    maxOutstandingPings: 10,
    maxSessionInvalidFrames: 50,
    maxSessionRejectedStreams: 50,
    streamResetBurst: 200,
    streamResetRate: 33,
    strictFieldWhitespaceValidation: true,
    strictSingleValueFields: false,
    unknownProtocolTimeout: 5000,
  };
}
