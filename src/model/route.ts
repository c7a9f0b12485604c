import { type Filters, GUARDING_FILTERS } from "./filters/filters.ts";
import type { Forward } from "./forward.ts";
import type { RouteMatch } from "./route-match.ts";
import type { SourceRef } from "./source.ts";
import type { ServiceRef } from "./upstream.ts";

/**
 * How a route's path is written after `ImplementationSpecific` became Prefix. `cover` is that of a route which is closed because nobody can
 * tell which paths it would have served: its path is a pattern of all that it may have been, on a plain host too, and it comes before
 * every route that stands after it in `VirtualHost.routes`.
 */
export type PathType = "exact" | "prefix" | "cover";

/** What a route does with a request that its filters let through. */
export type RouteAction =
  | Forward
  /** The built-in 404 of the default backend. */
  | { readonly kind: "not-found" }
  /** Access control could not be resolved, or the object asks for something refused: 503, whatever the request. */
  | { readonly kind: "closed"; readonly reason: string };

export interface Route {
  /** Stable over translations of the same object: `<namespace>/<ingress>:<host>:<type>:<path>`. */
  readonly id: string;
  readonly pathType: PathType;
  /** The rule's path as written; `/` when it was empty. Regex text in a host of regex mode. */
  readonly path: string;
  /** Its own Ingress calls it a regex: then an Exact rule with the same text takes nothing of it. */
  readonly isRegex?: true;
  /** What else a request must be; absent: anything. Several routes of a host may then have the same path. */
  readonly match?: RouteMatch;
  /** True for the implicit `/` that serves unmatched paths of the host. */
  readonly implicit: boolean;
  /** The Ingress that wrote the route; null for the built-in default route. */
  readonly source: SourceRef | null;
  /** Labels of metrics and logs; empty strings where there is none. */
  readonly service: ServiceRef;
  readonly action: RouteAction;
  readonly filters: Filters;
}

/** Everything that stands between clients and the backend of a route, as one text: equal texts are the same access control. */
export function policyOf({ action, filters }: Route): string {
  return JSON.stringify([action.kind === "closed", ...GUARDING_FILTERS.map((kind) => filters[kind] ?? null)]);
}

/** Whether anything stands there. */
export function isGuarded({ action, filters }: Route): boolean {
  return action.kind === "closed" || GUARDING_FILTERS.some((kind) => filters[kind] !== undefined);
}
