import type { CanaryHeader, CanaryRule } from "../../model/forward.ts";
import { NO_MATCH, parsePattern, PatternList, type PatternWork } from "../../patterns/patterns.ts";
import type { HeaderList } from "../../wire/wire.ts";
import { cookieHeader } from "../request/header-values.ts";

/** A canary's rules, ready to ask. Affinity cookies come before them and are not looked at here. */
export interface CompiledCanary {
  /**
   * Header, then cookie, then weight. `random` gives 0 ≤ x < 1. Steps of a header's pattern are taken from `work`; when that is spent,
   * the answer says nothing.
   */
  takes(headers: HeaderList, random: () => number, work: PatternWork): boolean;
}

/** What one rule says: its own verdict, or that the next rule is to be asked. */
type Verdict = "canary" | "main" | "next";
type HeaderRule = (value: string, work: PatternWork) => Verdict;

/** Never throws: a pattern that cannot be used keeps the requests that carry its header on the main upstream. */
export function compileCanary(rule: CanaryRule): CompiledCanary {
  const { header, cookie } = rule;
  const headerName = header === null ? null : fieldName(header.name);
  const headerRule = header === null ? null : compileHeaderRule(header);
  const weightTotal = Math.max(rule.weightTotal, 100);
  return {
    takes: (headers, random, work) => {
      const byHeader = headerName === null ? undefined : headers.get(headerName);
      let verdict: Verdict = byHeader === undefined ? "next" : (headerRule?.(byHeader, work) ?? "next");
      if (verdict === "next" && cookie !== null)
        verdict = alwaysNever(cookieValue(cookieHeader(headers), cookie) ?? "");
      if (verdict !== "next") return verdict === "canary";
      return rule.weight > 0 && 1 + Math.floor(random() * weightTotal) <= rule.weight;
    },
  };
}

/** nginx looks headers up without regard to case, `-` and `_`; only names with `-` ever arrive. */
function fieldName(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

function compileHeaderRule(header: CanaryHeader): HeaderRule {
  if (header.kind === "always-never") return alwaysNever;
  if (header.kind === "value") return (value) => (value === header.value ? "canary" : "next");
  if (!parsePattern(header.pattern, "match-case").ok) return () => "main";
  const pattern = new PatternList([header.pattern], "match-case");
  return (value, work) => (pattern.find(value, work) === NO_MATCH ? "next" : "canary");
}

function alwaysNever(value: string): Verdict {
  if (value === "always") return "canary";
  return value === "never" ? "main" : "next";
}

/** nginx's `$cookie_name`: the name without regard to case, the first one found. */
function cookieValue(cookies: string | undefined, name: string): string | null {
  if (cookies === undefined) return null;
  const wanted = name.toLowerCase();
  for (const pair of cookies.split(";")) {
    const equals = pair.indexOf("=");
    if (equals !== -1 && pair.slice(0, equals).trim().toLowerCase() === wanted) return pair.slice(equals + 1).trim();
  }
  return null;
}
