/** Door of the folder: upstreams, their connections and balancers, and requests to them. */
export { ANSWER_TIMES_CAPACITY, UpstreamTable } from "./upstream-table.ts";
export { type AnswerTimesMemory, createAnswerTimesMemory } from "./answer-times.ts";
export type { UpstreamRuntime } from "./upstream-runtime.ts";
export { sendRequest } from "./send.ts";
export type { SendPlan, UpstreamFailure, UpstreamHandler, UpstreamRequest } from "./upstream-request.ts";
export { openStick, type Stick } from "./sticky.ts";
export { formatAffinityCookie, readAffinityCookie } from "./affinity-cookie.ts";
