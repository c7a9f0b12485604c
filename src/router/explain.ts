import { toByteString } from "../lib/byte-string.ts";
import type { Route } from "../model/route.ts";
import type { VirtualHost } from "../model/virtual-host.ts";
import { compileHost } from "./compiled-host.ts";
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
export function explainHost(host: VirtualHost, path: string): readonly Candidate[] {
  const match = compileHost(host, (route) => route).match(path);
  const chosen = match?.kind === "route" ? match.payload : null;
  const order = host.regexMode ? host.routes : host.routes.toSorted(bySpecificity);
  const exactPaths = exactPathsOf(host.routes);
  const redirected = match?.kind === "add-slash";
  return order.map((route) => judge(route, { host, path, chosen, exactPaths, redirected }));
}

interface Decision {
  readonly host: VirtualHost;
  readonly path: string;
  readonly chosen: Route | null;
  readonly exactPaths: ReadonlySet<string>;
  readonly redirected: boolean;
}

const RANK = { cover: 0, exact: 1, prefix: 2 } as const;

function bySpecificity(a: Route, b: Route): number {
  return RANK[a.pathType] - RANK[b.pathType] || b.path.length - a.path.length;
}

function judge(route: Route, decision: Decision): Candidate {
  if (route === decision.chosen) return { route, verdict: "chosen", reason: whyChosen(route, decision.host) };
  if (!matchesAlone(route, decision)) {
    return { route, verdict: "no-match", reason: whyNoMatch(route, decision) };
  }
  if (decision.redirected)
    return { route, verdict: "lost", reason: "the path is redirected to add its trailing slash" };
  return { route, verdict: "lost", reason: whyLost(route, decision) };
}

function whyChosen(route: Route, host: VirtualHost): string {
  if (host.regexMode) return "first pattern in order that matches (the host is in regex mode)";
  if (route.pathType === "cover") return "it may have meant this path, and comes before what else matches";
  if (route.pathType === "exact") return "the Exact path equals the request path";
  return route.implicit ? "nothing else matches" : "longest Prefix that covers the request path";
}

function matchesAlone(route: Route, { host, path, exactPaths }: Decision): boolean {
  if (host.regexMode || route.pathType === "cover") {
    return compilePathPattern(regexText(route, exactPaths)).matches(path, path.toLowerCase());
  }
  const rule = toByteString(route.path);
  if (route.pathType === "exact") return rule === path;
  const folder = rule.endsWith("/") ? rule : `${rule}/`;
  return path === rule || path.startsWith(folder);
}

function whyNoMatch(route: Route, { host, path, exactPaths }: Decision): string {
  if (host.regexMode || route.pathType === "cover")
    return `^${regexText(route, exactPaths)} does not match (case-insensitive)`;
  if (`${path}/` === toByteString(route.path)) return "the rule has a trailing slash, the request path has not";
  if (route.pathType === "exact") return "the request path is not equal to the Exact path";
  return path.startsWith(toByteString(route.path))
    ? "a Prefix ends at a path element"
    : "not a prefix of the request path";
}

function whyLost(route: Route, { host, chosen }: Decision): string {
  if (host.regexMode) return "a pattern earlier in the order matches too";
  if (chosen?.pathType === "cover") return "a rule that cannot be used may have meant this path, and comes first";
  if (route.pathType === "cover") return "a rule with a longer path matches";
  if (chosen?.pathType === "exact") return "an Exact path beats a Prefix";
  return route.path.length < (chosen?.path.length ?? 0) ? "a longer Prefix matches" : "another rule owns the same path";
}
