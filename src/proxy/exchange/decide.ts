import { type Answer, errorAnswer } from "../answers/answer.ts";
import type { RequestContext } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";
import { appRoot } from "../filters/app-root.ts";
import { healthCheck } from "../request/health-check.ts";
import { identify } from "../request/identify.ts";
import { matchRoute } from "../request/match-route.ts";

/**
 * Runs a request through its phases in ingress-nginx's order: those of the host first, then those that its route really has.
 * Null: the request may go to an upstream, and `context.route` is set.
 */
export function decide(context: RequestContext): Answer | null {
  const early =
    identify(context) ?? findHost(context) ?? healthCheck(context) ?? appRoot(context) ?? matchRoute(context);
  if (early !== null) return early;
  for (const phase of context.route?.phases ?? []) {
    const answer = phase(context);
    if (answer !== null) return answer;
  }
  return null;
}

/** Before the first configuration nothing is "not found". */
function findHost(context: RequestContext): Answer | null {
  const { runtime } = context.core;
  if (!runtime.ready) return NOT_READY;
  context.virtualHost = runtime.hosts.find(context.request.host) ?? null;
  return null;
}

const NOT_READY = errorAnswer(ERRORS.notReady);
