import { type Answer, errorAnswer } from "../answers/answer.ts";
import type { RequestContext } from "../request/context.ts";
import type { Hooks } from "../request/hooks.ts";
import type { Wait } from "../request/wait.ts";
import { ERRORS } from "../answers/errors.ts";
import { chooseListener } from "../request/choose-listener.ts";
import { identify } from "../request/identify.ts";
import { matchRoute } from "../request/match-route.ts";
import type { ProxyCore } from "./core.ts";

/** What of a request was not decided yet. Hooks that were asked are not asked again, so that a decision can go on after a wait. */
export interface DecisionProgress {
  readonly core: ProxyCore;
  readonly context: RequestContext;
  /** What comes next: reading the request, the hooks of every request, those of its host, or those of the route that was found. */
  stage: "request" | "every-request" | "host" | "route";
  /** Hooks of this stage that were asked. */
  asked: number;
}

/**
 * Asks everything that may answer a request, in ingress-nginx's order: first what is of its host, then the hooks that its route really
 * has. Null: the request may go to an upstream, and `context.route` is set. After a `Wait` that let the request pass it is called again.
 */
export function decide(progress: DecisionProgress): Answer | Wait | null {
  const { context, core } = progress;
  if (progress.stage === "request") {
    const early = identify(context) ?? chooseListener(context) ?? findHost(context);
    if (early !== null) return early;
    progress.stage = "every-request";
  }
  if (progress.stage === "every-request") {
    const early = ask(core.hooks, progress);
    if (early !== null) return early;
    progress.stage = "host";
    progress.asked = 0;
  }
  if (progress.stage === "host") {
    const ofHost = context.virtualHost?.hooks ?? null;
    const early = (ofHost === null ? null : ask(ofHost, progress)) ?? matchRoute(context);
    if (early !== null) return early;
    progress.stage = "route";
    progress.asked = 0;
  }
  return context.route === null ? null : ask(context.route.hooks, progress);
}

function ask({ decide: hooks }: Hooks<RequestContext>, progress: DecisionProgress): Answer | Wait | null {
  while (progress.asked < hooks.length) {
    const answer = hooks[progress.asked++]?.decide(progress.context) ?? null;
    if (answer !== null) return answer;
  }
  return null;
}

/** Before the first configuration nothing is "not found". */
function findHost(context: RequestContext): Answer | null {
  const { runtime } = context.core;
  if (!runtime.ready) return NOT_READY;
  context.virtualHost = context.hosts.find(context.request.host) ?? null;
  return null;
}

const NOT_READY = errorAnswer(ERRORS.notReady);
