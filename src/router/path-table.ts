import { toByteString } from "../lib/byte-string.ts";
import type { Route } from "../model/route.ts";
import type { TableKind } from "../model/table.ts";
import { NO_MATCH, OVER_BUDGET, PathPatternList } from "../patterns/patterns.ts";
import { type Candidates, choosing, type FindPath, groupRoutes, hasConditions } from "./candidates.ts";
import { plainRequest } from "./conditions.ts";
import { type HostMatch, type MatchPath, UNDECIDED } from "./host-match.ts";

/**
 * Exact and Prefix matching by path elements, as ingress-nginx's plain locations do it:
 * - Exact beats Prefix; the longest Prefix wins; case-sensitive.
 * - Prefix `/foo` takes `/foo`, `/foo/` and what is below, not `/foobar`.
 * - A path written `/foo/` does not take `/foo`; that is answered with a redirect unless another path owns it.
 * - A cover takes what it matches from every route that stands after it.
 * - Of routes of one path, the first takes the request whose conditions it meets; where it meets none, the next shorter Prefix is asked.
 * In a ranked table a prefix `/foo/` is the prefix `/foo`, and nothing is redirected.
 * Cost of a look-up: one map probe for the whole path, then one for each parent folder that could be a rule.
 */
export function compilePathTable<T>(
  routes: readonly Route[],
  leaves: readonly HostMatch<T>[],
  kind: TableKind,
): MatchPath<T> {
  const compile = hasConditions(routes) ? conditionalTable : plainTable;
  const { find, whole } = compile(routes, leaves, kind);
  if (!routes.some(({ pathType }) => pathType === "cover")) return find;
  return findBehind(routes, leaves, { find, placeOf: places(routes, leaves, whole) });
}

interface PathTable<T> {
  readonly find: MatchPath<T>;
  /** By whole path: where the redirects are that add a slash. */
  readonly whole: ReadonlyMap<string, HostMatch<unknown>>;
}

function plainTable<T>(
  routes: readonly Route[],
  leaves: readonly HostMatch<T>[],
  kind: TableKind,
): PathTable<T> & { readonly find: FindPath<T> } {
  const whole = new Map<string, HostMatch<T>>();
  const below = new Map<string, HostMatch<T>>();
  const paths = kind === "ranked" ? routes.map(rankedPath) : routes.map(nginxPath);
  addAll(routes, (route, i) => route.pathType === "exact" && setOnce(whole, paths[i] ?? "", leaves[i] ?? null));
  addAll(
    routes,
    (route, i) => route.pathType === "prefix" && addPrefix(whole, below, paths[i] ?? "", leaves[i] ?? null),
  );
  if (kind === "nginx")
    addAll(routes, (route, i) => route.pathType !== "cover" && addSlashRedirect(whole, paths[i] ?? "", route.path));
  const root = below.get("") ?? null;
  const deepest = Math.max(0, ...[...below.keys()].map(countSlashes));
  return { find: (path) => whole.get(path) ?? findParent(below, path, deepest) ?? root, whole };
}

/** One place in a plain table for all routes of one path. */
function conditionalTable<T>(routes: readonly Route[], leaves: readonly HostMatch<T>[], kind: TableKind): PathTable<T> {
  const groups = groupRoutes(routes, leaves, placeKey);
  const tableOf = (some: typeof groups): ReturnType<typeof plainTable<Candidates<T>>> =>
    plainTable(
      some.map(({ head }) => head),
      some.map(({ candidates }) => ({ kind: "route", payload: candidates })),
      kind,
    );
  const prefixes = tableOf(groups.filter(({ head }) => head.pathType === "prefix"));
  for (const { head, candidates } of groups) {
    const behind = pathBehind(head);
    candidates.next = behind === null ? null : prefixes.find(behind);
  }
  const { find, whole } = tableOf(groups);
  return { find: choosing(find), whole };
}

/** Equal for routes that have one place in the table. */
function placeKey({ pathType, path }: Route): string {
  return `${pathType} ${pathType === "prefix" && path.endsWith("/") ? path.slice(0, -1) : path}`;
}

/** A path whose longest Prefix is the next one to ask after the route's own; null where there is none. */
function pathBehind(route: Route): string | null {
  if (route.pathType === "cover") return null;
  const path = toByteString(route.path);
  if (route.pathType === "exact") return path;
  const folder = path.endsWith("/") ? path.slice(0, -1) : path;
  return folder === "" ? null : folder.slice(0, folder.lastIndexOf("/") + 1);
}

function nginxPath({ path }: Route): string {
  return toByteString(path);
}

function rankedPath({ pathType, path }: Route): string {
  return toByteString(pathType === "prefix" && path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path);
}

/** The place of each leaf; a redirect has that of the path it leads to. */
function places<T>(
  routes: readonly Route[],
  leaves: readonly HostMatch<T>[],
  whole: ReadonlyMap<string, HostMatch<unknown>>,
): ReadonlyMap<HostMatch<unknown>, number> {
  const found = new Map<HostMatch<unknown>, number>(leaves.map((leaf, place) => [leaf, place]));
  const byPath = new Map<string, number>();
  for (const [place, { path, pathType }] of routes.entries())
    if (pathType !== "cover" && !byPath.has(path)) byPath.set(path, place);
  for (const leaf of whole.values())
    if (leaf?.kind === "add-slash") found.set(leaf, byPath.get(leaf.path) ?? Number.POSITIVE_INFINITY);
  return found;
}

/** Looks for covers first: the first of them that matches takes the path, unless what is found without them stands before it. */
function findBehind<T>(
  routes: readonly Route[],
  leaves: readonly HostMatch<T>[],
  plain: { readonly find: MatchPath<T>; readonly placeOf: ReadonlyMap<HostMatch<unknown>, number> },
): MatchPath<T> {
  const covers = [...routes.entries()].filter(([, { pathType }]) => pathType === "cover");
  const patterns = new PathPatternList(covers.map(([, { path }]) => ({ text: path, isClosed: true })));
  return (path, request = plainRequest()) => {
    const found = plain.find(path, request);
    const first = patterns.find(path, request);
    if (first === NO_MATCH) return found;
    if (first === OVER_BUDGET) return UNDECIDED;
    const place = covers[first]?.[0] ?? 0;
    return place <= (plain.placeOf.get(found) ?? Number.POSITIVE_INFINITY) ? (leaves[place] ?? null) : found;
  };
}

function addAll(routes: readonly Route[], add: (route: Route, index: number) => void): void {
  for (const [index, route] of routes.entries()) add(route, index);
}

function setOnce<T>(map: Map<string, HostMatch<T>>, key: string, leaf: HostMatch<T>): void {
  if (!map.has(key)) map.set(key, leaf);
}

function addPrefix<T>(
  whole: Map<string, HostMatch<T>>,
  below: Map<string, HostMatch<T>>,
  path: string,
  leaf: HostMatch<T>,
): void {
  setOnce(below, path.endsWith("/") ? path.slice(0, -1) : path, leaf);
  setOnce(whole, path, leaf);
}

function addSlashRedirect<T>(whole: Map<string, HostMatch<T>>, path: string, written: string): void {
  if (path.length > 1 && path.endsWith("/")) setOnce(whole, path.slice(0, -1), { kind: "add-slash", path: written });
}

function countSlashes(path: string): number {
  return path.split("/").length - 1;
}

/** The deepest rule above `path`, looking no deeper than the deepest rule there is: long hostile paths cost nothing more. */
function findParent<T>(below: Map<string, HostMatch<T>>, path: string, deepest: number): HostMatch<T> | undefined {
  let end = 0;
  for (let depth = 0; depth < deepest; depth++) {
    const next = path.indexOf("/", end + 1);
    if (next === -1) break;
    end = next;
  }
  for (; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const leaf = below.get(path.slice(0, end));
    if (leaf !== undefined) return leaf;
  }
  return undefined;
}
