import { RE2JS } from "re2js";
import type { Route } from "../../../src/model/route.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";

/** The oracle: one loop over all routes, written from the rules and not from the tables. */
export function naiveMatch(host: VirtualHost, path: string): string {
  return host.regexMode ? naiveRegex(host, path) : naivePlain(host.routes, path);
}

function naiveRegex(host: VirtualHost, path: string): string {
  for (const route of host.routes) {
    const twin = host.routes.some((other) => other.pathType === "exact" && other.path === route.path);
    const below =
      route.pathType === "prefix" && route.filters.rewrite === undefined && twin && !route.path.endsWith("/");
    const pattern = RE2JS.compile(`^(?:${route.path}${below ? "/" : ""})`, RE2JS.CASE_INSENSITIVE);
    if (pattern.matcher(path).find()) return route.id;
  }
  return "none";
}

function naivePlain(routes: readonly Route[], path: string): string {
  const exact = routes.find((route) => route.pathType === "exact" && route.path === path);
  if (exact !== undefined) return exact.id;
  const bare = routes.find((route) => route.pathType === "prefix" && route.path === path);
  if (bare !== undefined) return bare.id;
  const slashed = routes.find((route) => route.path.length > 1 && route.path === `${path}/`);
  if (slashed !== undefined) return `301 ${slashed.path}`;
  const covering = routes.filter((route) => route.pathType === "prefix" && covers(route.path, path));
  covering.sort((a, b) => elements(b.path) - elements(a.path));
  return covering[0]?.id ?? "none";
}

function covers(rule: string, path: string): boolean {
  return path.startsWith(rule.endsWith("/") ? rule : `${rule}/`);
}

function elements(path: string): number {
  return path.split("/").filter((part) => part !== "").length;
}
