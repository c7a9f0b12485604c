import { RE2JS } from "re2js";
import type { RouteMatch, ValueMatch } from "../../../src/model/route-match.ts";
import type { Route } from "../../../src/model/route.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";
import type { RoutedRequest } from "../../../src/router/router.ts";
import { REQUEST_STEPS } from "../../../src/patterns/patterns.ts";

/** What a test says of a request. */
export interface AskedRequest {
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Without `?`. */
  readonly query: string;
}

/** As the router is asked. */
export function routedRequest({ method, headers, query }: AskedRequest): RoutedRequest {
  return {
    patternStepsLeft: REQUEST_STEPS,
    request: {
      method,
      headers: { getAll: (name) => headers.flatMap(([one, value]) => (one.toLowerCase() === name ? [value] : [])) },
    },
    target: { query: query === "" ? "" : `?${query}` },
  };
}

/**
 * The oracle of plain hosts whose rules have no trailing slash: every route that takes path and request, in the order that Gateway API
 * gives (path, method, number of headers, number of query parameters, rank), the first of them.
 */
export function naiveChoice(host: VirtualHost, path: string, request: AskedRequest): string {
  const taking = host.routes.filter((route) => takesPath(route, path) && meets(route.match, request));
  const ranks = (route: Route): readonly number[] => {
    const { method, headers, query, priority } = route.match ?? NOTHING;
    const never = route.match === undefined ? 1 : 0;
    return [
      route.pathType === "exact" ? 0 : 1,
      -route.path.length,
      never,
      method === null ? 1 : 0,
      -namesOf(headers, true).size,
      -namesOf(query, false).size,
      priority,
    ];
  };
  const [first] = taking.toSorted((a, b) => compare(ranks(a), ranks(b)));
  return first?.id ?? "none";
}

const NOTHING: RouteMatch = { method: null, headers: [], query: [], priority: 0 };

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, i) => value - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

function takesPath({ pathType, path: rule }: Route, path: string): boolean {
  if (pathType === "exact") return rule === path;
  return rule === "/" || path === rule || path.startsWith(`${rule}/`);
}

function namesOf(matches: readonly ValueMatch[], ignoresCase: boolean): Map<string, ValueMatch> {
  const named = matches.map((match) => [ignoresCase ? match.name.toLowerCase() : match.name, match] as const);
  return new Map(named.toReversed());
}

function meets(match: RouteMatch | undefined, { method, headers, query }: AskedRequest): boolean {
  if (match === undefined) return true;
  if (match.method !== null && match.method !== method) return false;
  const parameters = new URLSearchParams(query);
  const header = (name: string): string | null =>
    new Headers(headers.map(([n, v]): [string, string] => [n, v])).get(name);
  return (
    [...namesOf(match.headers, true)].every(([name, one]) => holds(one, header(name)?.replaceAll(", ", ",") ?? null)) &&
    [...namesOf(match.query, false)].every(([name, one]) => holds(one, parameters.get(name)))
  );
}

function holds({ kind, value }: ValueMatch, actual: string | null): boolean {
  if (actual === null) return false;
  return kind === "exact" ? actual === value : RE2JS.compile(value).matches(actual);
}
