import type { Route } from "../model/route.ts";
import { compilePathPattern } from "../patterns/patterns.ts";
import type { HostMatch } from "./host-match.ts";

/**
 * Host-wide regex mode: every path is `~* "^<path>"` in ingress-nginx, so case-insensitive, anchored at its start and open at
 * its end, and the first match in the given order wins. Only RE2 syntax runs, in linear time. A pattern that is refused takes
 * every path that it may have meant: translation has closed such a route, and what it may have guarded must not fall to the next one.
 */
export function compileRegexList<T>(
  routes: readonly Route[],
  leaves: readonly HostMatch<T>[],
): (path: string) => HostMatch<T> {
  const patterns = routes.map((route) => compilePathPattern(regexText(route, routes)));
  return (path) => {
    const lower = path.toLowerCase();
    for (let i = 0; i < patterns.length; i++) if (patterns[i]?.matches(path, lower) === true) return leaves[i] ?? null;
    return null;
  };
}

/**
 * The pattern of one route among its host's routes. A plain Prefix `/foo` beside an Exact `/foo` only keeps what is below
 * `/foo/`: ingress-nginx leaves the path itself to the Exact rule.
 */
export function regexText(route: Route, routes: readonly Route[]): string {
  const plainPrefix = route.pathType === "prefix" && route.filters.rewrite === null && !route.path.endsWith("/");
  const ownedByExact = plainPrefix && routes.some((other) => other.pathType === "exact" && other.path === route.path);
  return ownedByExact ? `${route.path}/` : route.path;
}
