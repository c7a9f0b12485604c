import { type Answer, errorAnswer } from "../answers/answer.ts";
import type { Filter, RequestContext } from "../request/context.ts";

/**
 * Rate, then requests in flight, by client address. A request that passes holds its place until the exchange finishes. The
 * statuses are settings; many set 429.
 */
export const limits: Filter = {
  decide: (context) => admit(context),
  finished: (context) => {
    if (context.admittedBy !== null) context.core.limits.release(context.admittedBy, context.clientAddress);
  },
};

function admit(context: RequestContext): Answer | null {
  const compiled = context.route?.limits ?? null;
  if (compiled === null) return null;
  const { limitReqStatusCode, limitConnStatusCode } = context.settings.model;
  const admission = context.core.limits.admit(compiled, context.clientAddress);
  if (admission === "rate-refused") return errorAnswer({ code: "rate-limited", status: limitReqStatusCode });
  if (admission === "connections-refused")
    return errorAnswer({ code: "connections-limited", status: limitConnStatusCode });
  context.admittedBy = compiled;
  return null;
}
