/** Door of the router: virtual hosts compiled to tables, targets normalised, paths matched, decisions explained. */
export { compileHost, type CompiledHost, compileRankedHost } from "./compiled-host.ts";
export type { RoutedRequest } from "./conditions.ts";
export { explainHost } from "./explain.ts";
export { HostTable } from "./host-table.ts";
export { readingsOf } from "./readings.ts";
export { type CompiledRewrite, compileRewrite } from "./rewrite.ts";
export { encodeQuery } from "./percent.ts";
export { forwardedPath, parseTarget, type TargetView } from "./target.ts";
