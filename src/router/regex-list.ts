import { RE2JS } from "re2js";
import type { Route } from "../model/route.ts";
import type { HostMatch } from "./host-match.ts";
import { toByteString } from "./percent.ts";

/**
 * Host-wide regex mode: every path is `~* "^<path>"` in ingress-nginx, so case-insensitive, anchored at its start and open at
 * its end, and the first match in the given order wins. Only RE2 syntax runs, in linear time. A pattern that RE2 refuses takes
 * every path with its literal beginning: translation has closed such a route, and what it may have guarded must not fall to
 * the next one.
 */
export function compileRegexList<T>(
  routes: readonly Route[],
  leaves: readonly HostMatch<T>[],
): (path: string) => HostMatch<T> {
  const patterns = routes.map((route) => compilePathPattern(regexText(route, routes)));
  return (path) => {
    const lower = path.toLowerCase();
    for (let i = 0; i < patterns.length; i++)
      if (patterns[i]?.matchesStart(path, lower) === true) return leaves[i] ?? null;
    return null;
  };
}

/** A path regex with its literal beginning taken out, so that most paths that do not match never run the regex. */
export interface PathPattern {
  matchesStart(path: string, lowerPath: string): boolean;
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

export function compilePathPattern(text: string): PathPattern {
  const bytes = toByteString(text);
  const regex = compileInsensitive(`^(?:${bytes})`);
  if (regex === null) return refusedPattern(bytes);
  const literal = literalPrefix(bytes).toLowerCase();
  if (literal.length === bytes.length) return { matchesStart: (_, lower) => lower.startsWith(literal) };
  return { matchesStart: (path, lower) => lower.startsWith(literal) && regex.matcher(path).find() };
}

/** Without a literal beginning there is nothing that surely belongs to the pattern, and it matches nothing. */
function refusedPattern(bytes: string): PathPattern {
  const beginning = bytes.includes("|") ? "" : plainBeginning(bytes).toLowerCase();
  return { matchesStart: (_, lower) => beginning.length > 1 && lower.startsWith(beginning) };
}

/** Case-insensitive RE2 pattern; null when RE2 refuses the text. */
export function compileInsensitive(text: string): RE2JS | null {
  try {
    return RE2JS.compile(text, RE2JS.CASE_INSENSITIVE);
  } catch {
    return null;
  }
}

const PLAIN = /^[A-Za-z0-9/_~,:@%&=!;'"<> -]$/;

/** The characters that every match begins with. */
function literalPrefix(pattern: string): string {
  // An alternative at the top level, or a flag that changes the meaning of what follows, leaves nothing certain.
  return pattern.includes("|") || pattern.includes("(?") ? "" : plainBeginning(pattern);
}

/** The leading characters that stand for themselves; the last one is left out when a quantifier follows. */
function plainBeginning(pattern: string): string {
  let end = 0;
  while (end < pattern.length && PLAIN.test(pattern.charAt(end))) end++;
  const quantified = end < pattern.length && "*+?{".includes(pattern.charAt(end));
  return pattern.slice(0, quantified ? Math.max(0, end - 1) : end);
}
