import { RE2JS } from "re2js";
import type { FinishedExchange } from "../model/finished-exchange.ts";
import type { AccessLogSettings, LogSkip } from "../model/log-format.ts";

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
  const patterns = skips.flatMap((one) =>
    one.kind === "pattern" ? [RE2JS.compile(one.pattern, one.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)] : [],
  );
  return (target) => targets.has(target.toLowerCase()) || patterns.some((pattern) => pattern.test(target));
}
