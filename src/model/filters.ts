import type { BackendProtocol } from "./backend-protocol.ts";

/**
 * Everything a route does besides matching and forwarding. Absent (`null`) means the filter costs nothing at run time.
 * Order of execution is the proxy's, never the model's.
 */
export interface Filters {
  readonly tlsRedirect: TlsRedirectFilter;
  readonly rewrite: RewriteFilter | null;
  readonly limits: LimitsFilter | null;
  readonly canary: CanaryFilter | null;
  readonly affinity: AffinityFilter | null;
  readonly timeouts: TimeoutsFilter;
  readonly retry: RetryFilter;
  /** Largest request body in bytes; 0 is unlimited. */
  readonly bodyLimitBytes: number;
  /** Largest head of an endpoint's response. */
  readonly responseHeadBytes: number;
  readonly upstreamHost: string | null;
  /** Sent as X-Forwarded-Prefix, only while a rewrite is active; may hold `$1`…`$9`. */
  readonly forwardedPrefix: string | null;
}

export interface TlsRedirectFilter {
  /** Redirect http to https when a certificate is mapped to the host. */
  readonly whenCertificate: boolean;
  /** Redirect http to https always. */
  readonly always: boolean;
  /** Keep one trailing slash of the request target in the Location. */
  readonly preserveTrailingSlash: boolean;
}

interface RewriteFilter {
  /** Replaces the whole path. `$1`…`$9` are captures of the route's path regex; an unmatched group is empty. */
  readonly target: string;
}

/** Leaky buckets shared by every route of one Ingress, keyed by client address. */
export interface LimitsFilter {
  /** `<namespace>/<ingress>`: one zone for all hosts and paths of the Ingress. */
  readonly zone: string;
  /** Null where not limited. */
  readonly requestsPerSecond: RateLimit | null;
  readonly requestsPerMinute: RateLimit | null;
  /** Requests in flight per client address; 0 is unlimited. */
  readonly connections: number;
  /** Canonical CIDRs whose clients are never counted. */
  readonly allowlist: readonly string[];
}

export interface RateLimit {
  /** Requests per period. */
  readonly rate: number;
  /** Requests above the rate that pass at once: rate × burst multiplier. */
  readonly burst: number;
}

/** A share of the route's traffic for another upstream. Precedence: header, cookie, weight. */
export interface CanaryFilter {
  readonly upstream: string;
  readonly protocol: BackendProtocol;
  readonly source: { readonly namespace: string; readonly name: string };
  readonly service: { readonly namespace: string; readonly name: string; readonly port: string };
  readonly header: CanaryHeader | null;
  /** Cookie name; `always` takes the canary, `never` the main upstream. */
  readonly cookie: string | null;
  /** 0…weightTotal. */
  readonly weight: number;
  readonly weightTotal: number;
  /** Canary's copy of the main upstream's affinity (`affinity-canary-behavior: sticky`); null for `legacy`. */
  readonly affinity: AffinityFilter | null;
}

export type CanaryHeader =
  | { readonly kind: "always-never"; readonly name: string }
  | { readonly kind: "value"; readonly name: string; readonly value: string }
  /** RE2 syntax, unanchored, case-sensitive. */
  | { readonly kind: "pattern"; readonly name: string; readonly pattern: string };

/** Cookie session affinity, with the cookie values and the hash ring of ingress-nginx, so that sessions survive a migration. */
export interface AffinityFilter {
  readonly mode: "balanced" | "persistent";
  /** True when this route's own Ingress asked for affinity: only then is the cookie ever set. */
  readonly setsCookie: boolean;
  readonly cookieName: string;
  /** Null: the rule's path. */
  readonly path: string | null;
  readonly domain: string | null;
  /** Seconds from now for `Expires`; may be negative; null when absent. */
  readonly expiresSeconds: number | null;
  readonly maxAgeSeconds: number | null;
  readonly sameSite: "None" | "Lax" | "Strict" | null;
  readonly conditionalSameSiteNone: boolean;
  /** True: always `Secure`; false: only on TLS connections. */
  readonly secure: boolean;
  readonly changeOnFailure: boolean;
}

export interface TimeoutsFilter {
  readonly connectMs: number;
  /** Between two writes to the upstream. */
  readonly sendMs: number;
  /** Between two reads from the upstream; also the idle limit of upgraded connections. */
  readonly readMs: number;
}

export interface RetryFilter {
  /** Total attempts, the first included. */
  readonly tries: number;
  /** Over all attempts; 0 is no limit. */
  readonly timeoutMs: number;
  readonly onError: boolean;
  readonly onTimeout: boolean;
  readonly onInvalidHeader: boolean;
  /** Response statuses that count as a failed attempt. */
  readonly onStatuses: readonly number[];
  /** Also requests whose method is not idempotent, after they may have reached an upstream. */
  readonly nonIdempotent: boolean;
}
