import type { BackendProtocol } from "../model/backend-protocol.ts";
import type { AffinityFilter, CanaryHeader, RetryFilter, TimeoutsFilter, TlsRedirectFilter } from "../model/filters.ts";

/** What the annotations of one Ingress ask for: typed, complete, with the ConfigMap's defaults already folded in. */
export interface IngressPolicy {
  /** Replaces the whole path; may hold `$1`…`$9`. */
  readonly rewriteTarget: string | null;
  readonly useRegex: boolean;
  /** Absolute path. */
  readonly appRoot: string | null;
  /** Further names of the hosts, as written. */
  readonly aliases: readonly string[];
  readonly tlsRedirect: TlsRedirectFilter;
  readonly backendProtocol: BackendProtocol;
  readonly serviceUpstream: boolean;
  /** Value of the Host header sent upstream. */
  readonly upstreamVhost: string | null;
  /** May hold `$1`…`$9`. */
  readonly forwardedPrefix: string | null;
  readonly limits: LimitsPolicy;
  /** Not null: the Ingress is an alternative backend, not a server of its own. */
  readonly canary: CanaryPolicy | null;
  readonly affinity: AffinityPolicy | null;
  /** On a canary: whether it takes over the affinity of its main Ingress. */
  readonly affinityCanaryBehavior: "sticky" | "legacy";
  readonly loadBalance: "round-robin" | "ewma";
  readonly timeouts: TimeoutsFilter;
  readonly retry: RetryFilter;
  /** 0 is unlimited. */
  readonly bodyLimitBytes: number;
  readonly responseHeadBytes: number;
  /** Not null: every route of the Ingress answers 503; the text says which annotation and why. */
  readonly closed: string | null;
  /** Not null: every route of its hosts answers 503, whichever Ingress it is of, since that is how far the annotation reaches. */
  readonly closedHost: string | null;
}

interface LimitsPolicy {
  /** Requests per second and client address; 0 is unlimited. */
  readonly rps: number;
  /** Requests per minute and client address; 0 is unlimited. */
  readonly rpm: number;
  /** Requests in flight per client address; 0 is unlimited. */
  readonly connections: number;
  /** Burst is rate × multiplier; 0 allows none. */
  readonly burstMultiplier: number;
  /** Canonical CIDRs that are never counted. */
  readonly allowlist: readonly string[];
}

export interface CanaryPolicy {
  readonly header: CanaryHeader | null;
  readonly cookie: string | null;
  /** 0…weightTotal. */
  readonly weight: number;
  /** At least 100. */
  readonly weightTotal: number;
}

/** All of `AffinityFilter` but `setsCookie`, which depends on the route. */
export type AffinityPolicy = Omit<AffinityFilter, "setsCookie">;
