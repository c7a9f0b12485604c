import type { Filters } from "./filters/filters.ts";
import type { SourceRef } from "./source.ts";
import type { Transport } from "./transport.ts";
import type { ServiceRef } from "./upstream.ts";

/** The action of a route that asks upstreams: which ones, and how. */
export interface Forward {
  readonly kind: "forward";
  /**
   * At least one. The first has no rule and gives the route its name in logs. Those with a rule are asked in order whether they take the
   * request; the others share what is left by their weights.
   */
  readonly backends: readonly Backend[];
  readonly timeouts: Timeouts;
  readonly retry: Retry;
  /** Value of the Host header sent upstream; null: the client's. */
  readonly host: string | null;
  /** Largest head of an endpoint's response. */
  readonly responseHeadBytes: number;
}

/** One of the upstreams that a route asks. */
export interface Backend {
  /** Id of the upstream; null: the object's reference leads nowhere, and its share of the requests is answered 500. */
  readonly upstream: string | null;
  readonly service: ServiceRef;
  readonly transport: Transport;
  /** Its share of what no rule takes: at least 0, of the sum over all backends without a rule. */
  readonly weight: number;
  /** Null: it takes its share of what no rule takes. */
  readonly rule: CanaryRule | null;
  /** Null: the balancer chooses an endpoint for each request. On a backend with a rule: its copy of the main one's, see `affinity-canary-behavior`. */
  readonly affinity: Affinity | null;
  /** Of the requests that it gets alone, after those of the route. */
  readonly filters: BackendFilters;
}

/** Filters that a backend may have. None of them guards, since a route's backends stand behind the same access control. */
export type BackendFilters = Pick<Filters, "requestHeaders" | "responseHeaders">;

/** Of nearly every backend: one object for all. */
export const NO_BACKEND_FILTERS: BackendFilters = {};

/** Which requests a canary takes. Precedence: header, cookie, weight. */
export interface CanaryRule {
  /** The canary Ingress. */
  readonly source: SourceRef;
  readonly header: CanaryHeader | null;
  /** Cookie name; `always` takes the canary, `never` the main upstream. */
  readonly cookie: string | null;
  /** 0…weightTotal. */
  readonly weight: number;
  readonly weightTotal: number;
}

export type CanaryHeader =
  | { readonly kind: "always-never"; readonly name: string }
  | { readonly kind: "value"; readonly name: string; readonly value: string }
  /** RE2 syntax, unanchored, case-sensitive. */
  | { readonly kind: "pattern"; readonly name: string; readonly pattern: string };

/** Cookie session affinity, with the cookie values and the hash ring of ingress-nginx, so that sessions survive a migration. */
export interface Affinity {
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

export interface Timeouts {
  readonly connectMs: number;
  /** Between two writes to the upstream. */
  readonly sendMs: number;
  /** Between two reads from the upstream; also the idle limit of upgraded connections. */
  readonly readMs: number;
}

export interface Retry {
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
