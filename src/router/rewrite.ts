import { toByteString } from "../lib/byte-string.ts";
import type { Route } from "../model/route.ts";
import { compileCaptures } from "../patterns/patterns.ts";
import { encodeDecoded } from "./percent.ts";
import { mergeSlashes, resolveDots } from "./readings.ts";

/** A compiled `rewrite-target`. */
export interface CompiledRewrite {
  /**
   * The target for a path that the route matched: captures filled in, dot segments and double slashes resolved again,
   * percent-encoded, the query appended. Captured text can therefore never add a query, climb or break a line.
   */
  apply(path: string, query: string): string;
  /** Fills the same captures, percent-encoded, into another template such as `x-forwarded-prefix`. */
  expand(template: string, path: string): string;
}

/**
 * nginx `rewrite "(?i)<path>" <target> break`: the target replaces the whole URI; captures come from an unanchored,
 * case-insensitive match of the path's text; a group that took no part is empty. Null when the route has no rewrite.
 */
export function compileRewrite(route: Route): CompiledRewrite | null {
  const rewrite = route.filters.rewrite;
  if (rewrite === null) return null;
  const capture = compileCaptures(route.path);
  const target = toByteString(rewrite.target);
  return {
    apply: (path, query) => encodeDecoded(resolveDots(mergeSlashes(`/${fill(target, capture(path), asIs)}`))) + query,
    expand: (template, path) => fill(template, capture(path), encodeDecoded),
  };
}

function asIs(text: string): string {
  return text;
}

function fill(template: string, groups: readonly string[], encode: (text: string) => string): string {
  if (!template.includes("$")) return template;
  return template.replace(/\$([1-9])/g, (_, digit: string) => encode(groups[Number(digit)] ?? ""));
}
