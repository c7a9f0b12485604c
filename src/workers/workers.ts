/** Door: the data plane on as many threads as there are processors to use. */
export { openWorkers } from "./pool.ts";
export type { Publication } from "./publications.ts";
export type { Workers, WorkersOptions } from "./workers-contract.ts";
