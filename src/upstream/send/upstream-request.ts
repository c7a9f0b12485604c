import type { Retry, Timeouts } from "../../model/forward.ts";
import type { UpstreamAttempt } from "../../model/finished-exchange.ts";
import type { ClientStreamHandler, EndpointTls, HeaderList } from "../../wire/wire.ts";
import type { EndpointProtocol } from "../connections/endpoint.ts";
import type { AffinitySession } from "../affinity/affinity-session.ts";
import type { UpstreamRuntime } from "../table/upstream-runtime.ts";

/** Where a request goes, and how hard it is tried. */
export interface SendPlan {
  readonly upstream: UpstreamRuntime;
  readonly protocol: EndpointProtocol;
  /** Null: TLS, where it is spoken, is not made sure of. */
  readonly security: EndpointTls | null;
  readonly timeouts: Timeouts;
  readonly retry: Retry;
  /** Null: the upstream's balancer chooses. */
  readonly stick: AffinitySession | null;
}

/**
 * Receives the answer. As the seam's handler, except that failed attempts that were repeated are not reported. Exactly
 * one of `onEnd`, `onUpgrade` and `onFailure` is the last callback; after `abort` there is none.
 */
export interface UpstreamHandler extends Omit<ClientStreamHandler, "onError"> {
  onFailure(failure: UpstreamFailure): void;
}

/** No answer, or no complete one. */
export interface UpstreamFailure {
  /** For the client, where nothing was sent to it yet. */
  readonly status: 502 | 503 | 504;
  readonly code: "no-endpoints" | "connect-failed" | "no-descriptors" | "reset" | "malformed" | "timeout" | "truncated";
  /** True when `onHead` was called: the response must be cut, so that it is not taken for a complete one. */
  readonly responseStarted: boolean;
}

/** One request to an upstream, over as many attempts as it takes. */
export interface UpstreamRequest {
  /** False: wait for `onDrain`. Before a connection is there it is always false, and the chunk is held. */
  write(chunk: Uint8Array): boolean;
  /** Must be called for every request, also without a body. */
  end(trailers: HeaderList | null): void;
  /** Pauses the response body. */
  pauseBody(): void;
  resumeBody(): void;
  /** Gives up: connecting is cancelled, a connection in use is destroyed, no further callback comes. */
  abort(): void;
  /** Finished attempts in order; complete after the last callback or `abort`. */
  readonly attempts: readonly UpstreamAttempt[];
}
