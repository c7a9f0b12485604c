/** Door of the router: virtual hosts compiled to tables, targets normalised, paths matched, decisions explained. */
export { compileHost, type CompiledHost } from "./compiled-host.ts";
export { type Candidate, explainHost } from "./explain.ts";
export type { HostMatch } from "./host-match.ts";
export { HostTable } from "./host-table.ts";
export { type CompiledRewrite, compileRewrite } from "./rewrite.ts";
export { parseTarget, type TargetRefusal, type TargetView } from "./target.ts";
