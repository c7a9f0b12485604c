import { type Answer, errorAnswer } from "../answers/answer.ts";
import type { RequestContext } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";
import { appRoot } from "../filters/app-root.ts";
import { healthCheck } from "../request/health-check.ts";
import { identify } from "../request/identify.ts";
import { matchRoute } from "../request/match-route.ts";

/**
 * Asks everything that may answer a request, in ingress-nginx's order: first what is of its host, then the hooks that its route really
 * has. Null: the request may go to an upstream, and `context.route` is set.
 */
export function decide(context: RequestContext): Answer | null {
  const early =
    identify(context) ?? findHost(context) ?? healthCheck(context) ?? appRoot(context) ?? matchRoute(context);
  if (early !== null) return early;
  if (context.route === null) return null;
  for (const hook of context.route.hooks.decide) {
    const answer = hook.decide(context);
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
