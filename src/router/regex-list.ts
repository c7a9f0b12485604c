import type { Route } from "../model/route.ts";
import { NO_MATCH, OVER_BUDGET, PathPatternList } from "../patterns/patterns.ts";
import { groupRoutes, hasConditions } from "./candidates.ts";
import { plainRequest, RequestValues, type RoutedRequest } from "./conditions.ts";
import { type HostMatch, type MatchPath, UNDECIDED } from "./host-match.ts";

/**
 * Host-wide regex mode: every path is `~* "^<path>"` in ingress-nginx, so case-insensitive, anchored at its start and open at
 * its end, and the first match in the given order wins. A pattern that is refused takes every path that it may have meant:
 * translation has closed such a route, and what it may have guarded must not fall to the next one.
 */
export function compileRegexList<T>(routes: readonly Route[], leaves: readonly HostMatch<T>[]): MatchPath<T> {
  if (hasConditions(routes)) return compileConditionalList(routes, leaves);
  const exactPaths = exactPathsOf(routes);
  const patterns = new PathPatternList(
    routes.map((route) => ({ text: regexText(route, exactPaths), isClosed: isClosed(route) })),
  );
  return (path, request = plainRequest()) => {
    const place = patterns.find(path, request);
    if (place === NO_MATCH) return null;
    return place === OVER_BUDGET ? UNDECIDED : (leaves[place] ?? null);
  };
}

/** One place for all routes of one pattern. Where none of those takes the request, the patterns behind it are asked one by one. */
function compileConditionalList<T>(routes: readonly Route[], leaves: readonly HostMatch<T>[]): MatchPath<T> {
  const exactPaths = exactPathsOf(routes);
  const groups = groupRoutes(routes, leaves, (route) => regexText(route, exactPaths));
  const entries = groups.map(({ head, routes: own }) => ({
    text: regexText(head, exactPaths),
    isClosed: own.every(isClosed),
  }));
  const all = new PathPatternList(entries);
  const each = entries.map((entry) => new PathPatternList([entry]));
  return (path, request = plainRequest()) => {
    const values = new RequestValues(request);
    let place = all.find(path, request);
    while (place >= 0) {
      const chosen = groups[place]?.candidates.choose(values) ?? null;
      if (chosen !== null) return chosen;
      place = findBehind(each, place, { path, request });
    }
    return place === OVER_BUDGET ? UNDECIDED : null;
  };
}

function findBehind(
  patterns: readonly PathPatternList[],
  place: number,
  { path, request }: { readonly path: string; readonly request: RoutedRequest },
): number {
  for (let next = place + 1; next < patterns.length; next++) {
    const found = patterns[next]?.find(path, request) ?? NO_MATCH;
    if (found !== NO_MATCH) return found === OVER_BUDGET ? OVER_BUDGET : next;
  }
  return NO_MATCH;
}

function isClosed({ action }: Route): boolean {
  return action.kind === "closed";
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
