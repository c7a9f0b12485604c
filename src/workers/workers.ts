/** Door: the data plane on as many threads as there are processors to use. */
export { openWorkers, type Workers, type WorkersOptions } from "./pool.ts";
export type { Publication } from "./publications.ts";
