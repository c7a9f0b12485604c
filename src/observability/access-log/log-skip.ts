import type { FinishedExchange } from "../../model/finished-exchange.ts";
import type { AccessLogSettings, LogSkip } from "../../model/log-format.ts";
import { type CaseMode, newWork, PatternList } from "../../patterns/patterns.ts";

/** True for requests that the log leaves out. */
export type SkipsLog = (exchange: FinishedExchange) => boolean;

/** What nginx never logs is never logged: health checks; and unless asked for, what only the built-in default backend answers. */
export function compileLogSkip({ skip, defaultBackend }: AccessLogSettings): SkipsLog {
  const skipsTarget = compileTargets(skip);
  return (exchange) =>
    isHealthCheck(exchange) ||
    (!defaultBackend && isDefaultBackend(exchange)) ||
    (skipsTarget?.(exchange.target) ?? false);
}

/** The only answers of our own without a route and without an error. */
function isHealthCheck({ route, status, errorCode, attempts }: FinishedExchange): boolean {
  return route === null && status === 200 && errorCode === "" && attempts.length === 0;
}

/** The built-in 404, or the Service of `--default-backend-service`, for hosts and paths that no Ingress has. */
function isDefaultBackend({ route, virtualHost }: FinishedExchange): boolean {
  return route !== null && route.source === null && virtualHost?.isDefault !== false;
}

function compileTargets(skips: readonly LogSkip[]): ((target: string) => boolean) | null {
  if (skips.length === 0) return null;
  const targets = new Set(skips.flatMap((one) => (one.kind === "target" ? [one.target.toLowerCase()] : [])));
  const lists = [patternsOf(skips, "match-case"), patternsOf(skips, "ignore-case")];
  return (target) => {
    if (targets.has(target.toLowerCase())) return true;
    const work = newWork();
    return lists.some((patterns) => patterns.find(target, work) >= 0);
  };
}

/** What would take too long to tell is logged. */
function patternsOf(skips: readonly LogSkip[], mode: CaseMode): PatternList {
  const texts = skips.flatMap((skip) =>
    skip.kind === "pattern" && skip.ignoreCase === (mode === "ignore-case") ? [skip.pattern] : [],
  );
  return new PatternList(texts, mode);
}
