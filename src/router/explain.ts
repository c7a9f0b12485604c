import { toByteString } from "../lib/byte-string.ts";
import type { Route } from "../model/route.ts";
import type { VirtualHost } from "../model/virtual-host.ts";
import { compileHost } from "./compiled-host.ts";
import {
  byDemand,
  bySpecificity,
  compileConditions,
  type Conditions,
  plainRequest,
  RequestValues,
  type RoutedRequest,
} from "./conditions.ts";
import { compilePathPattern } from "../patterns/patterns.ts";
import { exactPathsOf, regexText } from "./regex-list.ts";

/** One route of a host and what became of it for one path. */
interface Candidate {
  readonly route: Route;
  readonly verdict: "chosen" | "lost" | "no-match";
  /** Half a sentence: why it was chosen, or why not. */
  readonly reason: string;
}

/**
 * Every route of the host in the order it is considered, and why each lost. The chosen one comes from the same compiled table
 * that serves requests; the reasons are derived from it, so the explanation cannot disagree with the routing.
 */
export function explainHost(
  host: VirtualHost,
  path: string,
  request: RoutedRequest = plainRequest(),
): readonly Candidate[] {
  const match = compileHost(host, (route) => route).match(path, request);
  const chosen = match?.kind === "route" ? match.payload : null;
  const exactPaths = exactPathsOf(host.routes);
  const conditions = new Map(host.routes.map((route) => [route, compileConditions(route)]));
  const order = inOrder(host, exactPaths, conditions);
  const redirected = match?.kind === "add-slash";
  const values = new RequestValues(request);
  const undecided = match?.kind === "undecided";
  return order.map((route) =>
    judge(route, { host, path, chosen, exactPaths, redirected, undecided, conditions, values }),
  );
}

interface Decision {
  readonly host: VirtualHost;
  readonly path: string;
  readonly chosen: Route | null;
  readonly exactPaths: ReadonlySet<string>;
  readonly redirected: boolean;
  readonly undecided: boolean;
  readonly conditions: ReadonlyMap<Route, Conditions | null>;
  readonly values: RequestValues;
}

type ConditionsOf = Decision["conditions"];

/** Routes of one path stand together, in a host of regex mode where the first of them is. */
function inOrder(host: VirtualHost, exactPaths: ReadonlySet<string>, conditions: ConditionsOf): readonly Route[] {
  const ranked = (routes: readonly Route[]): readonly Route[] =>
    routes.toSorted((a, b) => bySpecificity(conditions.get(a) ?? null, conditions.get(b) ?? null));
  if (!host.regexMode) return ranked(host.routes).toSorted(byPath);
  return [...Map.groupBy(host.routes, (route) => regexText(route, exactPaths)).values()].flatMap(ranked);
}

const RANK = { cover: 0, exact: 1, prefix: 2 } as const;

function byPath(a: Route, b: Route): number {
  return RANK[a.pathType] - RANK[b.pathType] || b.path.length - a.path.length;
}

function judge(route: Route, decision: Decision): Candidate {
  if (route === decision.chosen) return { route, verdict: "chosen", reason: whyChosen(route, decision) };
  if (!matchesAlone(route, decision)) {
    return { route, verdict: "no-match", reason: whyNoMatch(route, decision) };
  }
  if (decision.undecided)
    return {
      route,
      verdict: "lost",
      reason: "a condition of a route that comes before it, or its own, cannot be judged",
    };
  if (decision.redirected)
    return { route, verdict: "lost", reason: "the path is redirected to add its trailing slash" };
  return { route, verdict: "lost", reason: whyLost(route, decision) };
}

function whyChosen(route: Route, { host, conditions }: Decision): string {
  const asked = conditions.get(route) ?? null;
  return whyPathChosen(route, host) + (asked === null ? "" : "; the request meets its conditions");
}

function whyPathChosen(route: Route, host: VirtualHost): string {
  if (host.regexMode) return "first pattern in order that matches (the host is in regex mode)";
  if (route.pathType === "cover") return "it may have meant this path, and comes before what else matches";
  if (route.pathType === "exact") return "the Exact path equals the request path";
  return route.implicit ? "nothing else matches" : "longest Prefix that covers the request path";
}

function matchesAlone(route: Route, decision: Decision): boolean {
  return matchesPath(route, decision) && whyUnmet(route, decision) === null;
}

/** Null where it meets all conditions, or where that cannot be told. */
function whyUnmet(route: Route, { conditions, values }: Decision): string | null {
  return conditions.get(route)?.whyUnmet(values) ?? null;
}

function matchesPath(route: Route, { host, path, exactPaths }: Decision): boolean {
  if (host.regexMode || route.pathType === "cover") {
    return compilePathPattern(regexText(route, exactPaths)).matches(path, path.toLowerCase());
  }
  const rule = toByteString(route.path);
  if (route.pathType === "exact") return rule === path;
  const folder = rule.endsWith("/") ? rule : `${rule}/`;
  return path === rule || path.startsWith(folder);
}

function whyNoMatch(route: Route, decision: Decision): string {
  const { host, path, exactPaths } = decision;
  if (matchesPath(route, decision)) return whyUnmet(route, decision) ?? "";
  if (host.regexMode || route.pathType === "cover")
    return `^${regexText(route, exactPaths)} does not match (case-insensitive)`;
  if (`${path}/` === toByteString(route.path)) return "the rule has a trailing slash, the request path has not";
  if (route.pathType === "exact") return "the request path is not equal to the Exact path";
  return path.startsWith(toByteString(route.path))
    ? "a Prefix ends at a path element"
    : "not a prefix of the request path";
}

function whyLost(route: Route, decision: Decision): string {
  const { chosen } = decision;
  if (chosen === null || chosen.pathType !== route.pathType || !samePath(chosen, route))
    return whyPathLost(route, decision);
  const { conditions } = decision;
  const demand = byDemand(conditions.get(chosen) ?? null, conditions.get(route) ?? null);
  return demand < 0
    ? "a route of the same path asks for more of the request"
    : "a route of the same path that asks for as much comes first";
}

function whyPathLost(route: Route, { host, chosen }: Decision): string {
  if (host.regexMode) return "a pattern earlier in the order matches too";
  if (chosen?.pathType === "cover") return "a rule that cannot be used may have meant this path, and comes first";
  if (route.pathType === "cover") return "a rule with a longer path matches";
  if (chosen?.pathType === "exact") return "an Exact path beats a Prefix";
  return route.path.length < (chosen?.path.length ?? 0) ? "a longer Prefix matches" : "another rule owns the same path";
}

function samePath(a: Route, b: Route): boolean {
  return withoutSlash(a.path) === withoutSlash(b.path);
}

function withoutSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}
