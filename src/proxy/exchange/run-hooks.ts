import type { HeaderList } from "../../wire/wire.ts";
import type { BodySink, RequestSink } from "../request/body-sink.ts";
import type { RequestContext } from "../request/context.ts";
import type { Detour, Hooks, ResponseDraft, ResponseHead } from "../request/hooks.ts";
import type { ProxyCore } from "./core.ts";

/** The two lists that every request walks: those of every request, and those of its route once that was found. */

/** Changes the head for an upstream. */
export function editRequest(core: ProxyCore, context: RequestContext, headers: HeaderList): void {
  for (const hook of core.hooks.editRequest) hook.editRequest(context, headers);
  if (context.route !== null) for (const hook of context.route.hooks.editRequest) hook.editRequest(context, headers);
}

/** The way to the upstream, `last`, through the steps of all hooks. */
export function tapRequest(core: ProxyCore, context: RequestContext, last: RequestSink): RequestSink {
  const { route } = context;
  const sink = route === null ? last : tapThrough(route.hooks, context, last);
  return tapThrough(core.hooks, context, sink);
}

function tapThrough({ tap }: Hooks<RequestContext>, context: RequestContext, last: RequestSink): RequestSink {
  let sink = last;
  for (let i = tap.length - 1; i >= 0; i--) sink = tap[i]?.tap(context, sink) ?? sink;
  return sink;
}

/** The first detour that a hook wants to take; null for none. A hook that throws wants none. */
export function interceptAnswer(
  core: ProxyCore,
  context: RequestContext,
  status: number,
  headers: HeaderList | null,
): Detour | null {
  try {
    for (const hook of core.hooks.intercept) {
      const detour = hook.intercept(context, status, headers);
      if (detour !== null) return detour;
    }
    if (context.route === null) return null;
    for (const hook of context.route.hooks.intercept) {
      const detour = hook.intercept(context, status, headers);
      if (detour !== null) return detour;
    }
  } catch (error) {
    core.logger.error({ err: error }, "a filter failed at an answer");
  }
  return null;
}

/**
 * Every head that a client is sent passes here: an upstream's, early hints and upgrades among them, and one of the proxy's own. False when a
 * hook threw: the draft then lacks what that hook adds, and must not go out for an upstream's answer.
 */
export function editResponse(core: ProxyCore, context: RequestContext, draft: ResponseDraft): boolean {
  const ofAll = editThrough(core.hooks, core, context, draft);
  return (context.route === null || editThrough(context.route.hooks, core, context, draft)) && ofAll;
}

/** Goes on behind a hook that threw, for the sake of what the others add. */
function editThrough(
  hooks: Hooks<RequestContext>,
  core: ProxyCore,
  context: RequestContext,
  draft: ResponseDraft,
): boolean {
  let whole = true;
  for (let i = 0; i < hooks.editResponse.length; i++) {
    try {
      hooks.editResponse[i]?.editResponse(context, draft);
    } catch (error) {
      core.logger.error({ err: error }, "a filter failed at a response");
      whole = false;
    }
  }
  return whole;
}

/** The way to the client, `last`, through the steps of all hooks. */
export function wrapBody(core: ProxyCore, context: RequestContext, head: ResponseHead, last: BodySink): BodySink {
  if (!mayHaveBody(context.request.method, head)) return last;
  const { route } = context;
  const sink = route === null ? last : wrapThrough(route.hooks, context, head, last);
  return wrapThrough(core.hooks, context, head, sink);
}

function wrapThrough(
  { wrap }: Hooks<RequestContext>,
  context: RequestContext,
  head: ResponseHead,
  last: BodySink,
): BodySink {
  let sink = last;
  for (let i = wrap.length - 1; i >= 0; i--) sink = wrap[i]?.wrap(context, head, sink) ?? sink;
  return sink;
}

function mayHaveBody(method: string, { status, bodyLengthBytes }: ResponseHead): boolean {
  return bodyLengthBytes !== 0 && method !== "HEAD" && status !== 204 && status !== 205 && status !== 304;
}

/** Tells all hooks that the exchange has ended. */
export function runFinishHooks(core: ProxyCore, context: RequestContext): void {
  finishThrough(core.hooks, core, context);
  if (context.route !== null) finishThrough(context.route.hooks, core, context);
}

function finishThrough({ finished }: Hooks<RequestContext>, core: ProxyCore, context: RequestContext): void {
  for (let i = 0; i < finished.length; i++) {
    try {
      finished[i]?.finished(context);
    } catch (error) {
      core.logger.error({ err: error }, "a filter failed at the end of a request");
    }
  }
}
