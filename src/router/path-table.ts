import { toByteString } from "../lib/byte-string.ts";
import type { Route } from "../model/route.ts";
import type { HostMatch } from "./host-match.ts";

/**
 * Exact and Prefix matching by path elements, as ingress-nginx's plain locations do it:
 * - Exact beats Prefix; the longest Prefix wins; case-sensitive.
 * - Prefix `/foo` takes `/foo`, `/foo/` and what is below, not `/foobar`.
 * - A path written `/foo/` does not take `/foo`; that is answered with a redirect unless another path owns it.
 * Cost of a look-up: one map probe for the whole path, then one for each parent folder that could be a rule.
 */
export function compilePathTable<T>(
  routes: readonly Route[],
  leaves: readonly HostMatch<T>[],
): (path: string) => HostMatch<T> {
  const whole = new Map<string, HostMatch<T>>();
  const below = new Map<string, HostMatch<T>>();
  const paths = routes.map((route) => toByteString(route.path));
  addAll(routes, (route, i) => route.pathType === "exact" && setOnce(whole, paths[i] ?? "", leaves[i] ?? null));
  addAll(
    routes,
    (route, i) => route.pathType === "prefix" && addPrefix(whole, below, paths[i] ?? "", leaves[i] ?? null),
  );
  addAll(routes, (route, i) => addSlashRedirect(whole, paths[i] ?? "", route.path));
  const root = below.get("") ?? null;
  const deepest = Math.max(0, ...[...below.keys()].map(countSlashes));
  return (path) => whole.get(path) ?? findParent(below, path, deepest) ?? root;
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
