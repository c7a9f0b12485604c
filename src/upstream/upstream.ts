/** Door of the folder: upstreams, their connections and balancers, and requests to them. */
export { ANSWER_TIMES_CAPACITY, UpstreamTable } from "./table/upstream-table.ts";
export { type AnswerTimesMemory, createAnswerTimesMemory } from "./connections/answer-times.ts";
export type { UpstreamRuntime } from "./table/upstream-runtime.ts";
export { sendRequest } from "./send/send.ts";
export type { SendPlan, UpstreamFailure, UpstreamHandler, UpstreamRequest } from "./send/upstream-request.ts";
export { readAffinity, type AffinitySession } from "./affinity/affinity-session.ts";
export { formatAffinityCookie, readAffinityCookie } from "./affinity/affinity-cookie.ts";
