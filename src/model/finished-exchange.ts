import type { ObserverSlot } from "./observer-slot.ts";
import type { Route } from "./route.ts";
import type { HostId } from "./virtual-host.ts";

/** One finished request, as metrics and access log see it. */
export interface FinishedExchange {
  /** Null where no route was reached: malformed head, unknown listener. */
  readonly route: Route | null;
  /** What observers remember of the route; null without one. */
  readonly routeMemo: ObserverSlot | null;
  /** The virtual host that served it: the default server for unknown hosts; null where there is not even that. */
  readonly virtualHost: ServingHost | null;
  readonly method: string;
  /** Authority as sent. */
  readonly authority: string;
  /** Canonical host of the request; empty when it had none. */
  readonly host: string;
  /** Request target as the client sent it; of an absolute URL what comes after the authority. */
  readonly target: string;
  /** The request line as sent, where method, target and version do not make it up; bounded. Else empty. */
  readonly requestLine: string;
  /** Its path, decoded and without dot segments; empty where it could not be understood. */
  readonly path: string;
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  readonly client: ClientFacts;
  /** Scheme and authority as the client of the outermost trusted proxy used them. */
  readonly publicScheme: string;
  readonly publicAuthority: string;
  readonly clientAddress: string;
  readonly requestId: string;
  readonly requestHeaders: Fields;
  /** What the client was sent, and what the upstream had sent; null where there was no such head. */
  readonly responseHeaders: Fields | null;
  readonly upstreamHeaders: Fields | null;
  /** 499: the client went away before an answer. */
  readonly status: number;
  /** Wall clock at the first byte of the request. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBodyBytes: number;
  readonly responseBytes: number;
  /** One entry an attempt, in order; empty when no upstream was asked. */
  readonly attempts: readonly UpstreamAttempt[];
  /** Id of the upstream that was chosen; empty when none. */
  readonly upstream: string;
  /** Id of the canary's upstream when it took the request; else empty. */
  readonly alternativeUpstream: string;
  /** Code of the proxy's own error (`no-endpoints`, `body-too-large` …); empty when the answer is the upstream's. */
  readonly errorCode: string;
  /** What is known beyond the code, as one clause in our words; empty for nothing. */
  readonly errorDetail: string;
}

/** A connection that was turned away, or given up, before or without an answer: its bytes made no request. */
export interface TurnedAway {
  /** As an exchange's `errorCode`. */
  readonly code: string;
  /** As an exchange's `errorDetail`. */
  readonly detail: string;
  readonly client: ClientFacts;
  /** Name that the client asked for in its TLS handshake, as far as that came; whatever its bytes. */
  readonly serverName: string;
}

interface ServingHost {
  readonly id: HostId;
  /** True for the default server: metrics never carry the names of hosts that nobody defined. */
  readonly isDefault: boolean;
}

/** The client's connection. */
export interface ClientFacts {
  readonly id: number;
  readonly listener: { readonly id: string };
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly tls: { readonly serverName: string; readonly protocol: string; readonly cipher: string } | null;
}

/** Header fields by their lower-case name. */
export interface Fields {
  getAll(name: string): readonly string[];
}

/** How an attempt at an endpoint ended without an answer, or inside one. `aborted`: we gave it up, as the client was gone. */
export type AttemptFailure =
  | "connect-refused"
  | "connect-timeout"
  | "connect-failed"
  | "no-descriptors"
  | "stream-refused"
  | "tls-failed"
  | "reset"
  | "closed"
  | "malformed"
  | "too-large"
  | "send-timeout"
  | "read-timeout"
  | "aborted";

export interface UpstreamAttempt {
  readonly address: string;
  /** Null after a whole answer. */
  readonly failure: AttemptFailure | null;
  /** The system's or the parser's word for it, such as `ECONNREFUSED`; empty without a failure. */
  readonly failureDetail: string;
  /** Status of the upstream's answer; 0 when none came. */
  readonly status: number;
  readonly connectMs: number;
  readonly headerMs: number;
  readonly durationMs: number;
  readonly responseBytes: number;
}
