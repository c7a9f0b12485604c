import type { Route } from "../model/route.ts";
import { newWork, NO_MATCH, OVER_BUDGET, PathPatternList } from "../patterns/patterns.ts";
import { type HostMatch, type MatchPath, UNDECIDED } from "./host-match.ts";

/**
 * Host-wide regex mode: every path is `~* "^<path>"` in ingress-nginx, so case-insensitive, anchored at its start and open at
 * its end, and the first match in the given order wins. A pattern that is refused takes every path that it may have meant:
 * translation has closed such a route, and what it may have guarded must not fall to the next one.
 */
export function compileRegexList<T>(routes: readonly Route[], leaves: readonly HostMatch<T>[]): MatchPath<T> {
  const exactPaths = exactPathsOf(routes);
  const patterns = new PathPatternList(
    routes.map((route) => ({ text: regexText(route, exactPaths), isClosed: route.action.kind === "closed" })),
  );
  return (path, work = newWork()) => {
    const place = patterns.find(path, work);
    if (place === NO_MATCH) return null;
    return place === OVER_BUDGET ? UNDECIDED : (leaves[place] ?? null);
  };
}

export function exactPathsOf(routes: readonly Route[]): ReadonlySet<string> {
  return new Set(routes.filter(({ pathType }) => pathType === "exact").map(({ path }) => path));
}

/**
 * The pattern of one route of a host with these Exact paths. A plain Prefix `/foo` beside an Exact `/foo` only keeps what is below
 * `/foo/`: ingress-nginx leaves the path itself to the Exact rule.
 */
export function regexText(route: Route, exactPaths: ReadonlySet<string>): string {
  const isPlain = route.pathType === "prefix" && route.filters.rewrite === undefined && route.isRegex !== true;
  return isPlain && !route.path.endsWith("/") && exactPaths.has(route.path) ? `${route.path}/` : route.path;
}
