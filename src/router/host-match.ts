import type { RoutedRequest } from "./conditions.ts";

/** What a path leads to in one virtual host. */
export type HostMatch<T> =
  | { readonly kind: "route"; readonly payload: T }
  /** nginx's automatic redirect: the path exists only with a trailing slash. `path` is that path, as written in the rule. */
  | { readonly kind: "add-slash"; readonly path: string }
  /** The request has spent what it may spend on patterns, or a condition cannot be judged: nothing is known of its route, so nothing may be granted. */
  | { readonly kind: "undecided" }
  | null;

/**
 * `path` is a `TargetView.path`. Null when nothing matches, which a translated host never lets happen. Steps of patterns are taken from
 * the request, where one shares them among all that it asks; without it the question is about a GET that has nothing but its path.
 */
export type MatchPath<T> = (path: string, request?: RoutedRequest) => HostMatch<T>;

export const UNDECIDED = { kind: "undecided" } as const;
