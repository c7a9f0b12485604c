import { toByteString } from "../lib/byte-string.ts";
import type { Route } from "../model/route.ts";
import { compileCaptures, newWork, type PatternWork } from "../patterns/patterns.ts";
import { encodeDecoded } from "./percent.ts";
import { mergeSlashes, resolveDots } from "./readings.ts";

/** A compiled `rewrite-target`. Both functions take steps of patterns from `work`, without which they have their own. */
export interface CompiledRewrite {
  /**
   * The target for a path that the route matched: captures filled in, dot segments and double slashes resolved again,
   * percent-encoded, the query appended. Captured text can therefore never add a query, climb or break a line. Null when the work is
   * spent.
   */
  apply(path: string, query: string, work?: PatternWork): string | null;
  /** Fills the same captures, percent-encoded, into another template such as `x-forwarded-prefix`. Null when the work is spent. */
  expand(template: string, path: string, work?: PatternWork): string | null;
}

/**
 * nginx `rewrite "(?i)<path>" <target> break`: the target replaces the whole URI; captures come from an unanchored,
 * case-insensitive match of the path's text; a group that took no part is empty. Null when the route has no rewrite.
 */
export function compileRewrite({ path: pattern, filters }: Pick<Route, "path" | "filters">): CompiledRewrite | null {
  const { rewrite } = filters;
  if (rewrite === undefined) return null;
  const capture = compileCaptures(pattern);
  const target = toByteString(rewrite.target);
  return {
    apply: (path, query, work = newWork()) => {
      const groups = target.includes("$") ? capture(path, work) : NONE;
      if (groups === null) return null;
      return encodeDecoded(resolveDots(mergeSlashes(`/${fill(target, groups, asIs)}`))) + query;
    },
    expand: (template, path, work = newWork()) => {
      const groups = template.includes("$") ? capture(path, work) : NONE;
      return groups === null ? null : fill(template, groups, encodeDecoded);
    },
  };
}

const NONE: readonly string[] = [];

function asIs(text: string): string {
  return text;
}

function fill(template: string, groups: readonly string[], encode: (text: string) => string): string {
  return template.replace(/\$([1-9])/g, (_, digit: string) => encode(groups[Number(digit)] ?? ""));
}
