import type { Answer } from "../answer.ts";
import type { RequestContext } from "../context.ts";

/** One step of deciding about a request: null lets it pass on, anything else is the answer. Never throws, never waits. */
export type Phase = (context: RequestContext) => Answer | null;
