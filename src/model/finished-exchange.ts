import type { Route } from "./route.ts";

/** One finished request, as metrics and access log see it. The object is reused: copy what you keep. */
export interface FinishedExchange {
  /** Null where no route was reached: malformed head, unknown listener. */
  readonly route: Route | null;
  /** Id of the virtual host that served it; `_` for unknown hosts. */
  readonly virtualHost: string;
  /** True when `host` is served by a virtual host of its own (metrics never carry undefined hosts). */
  readonly knownHost: boolean;
  readonly method: string;
  /** Canonical host of the request; empty when it had none. */
  readonly host: string;
  /** Request target as the client sent it. */
  readonly target: string;
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  readonly tls: boolean;
  readonly clientAddress: string;
  readonly requestId: string;
  readonly userAgent: string;
  readonly referer: string;
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
}

export interface UpstreamAttempt {
  readonly address: string;
  /** Status of the upstream's answer; 0 when none came. */
  readonly status: number;
  readonly connectMs: number;
  readonly headerMs: number;
  readonly durationMs: number;
  readonly responseBytes: number;
}

/** A consumer of finished exchanges. Must not throw and must not wait. */
export interface ExchangeObserver {
  onFinish(exchange: FinishedExchange): void;
}
