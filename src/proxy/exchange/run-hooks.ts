import type { HeaderList } from "../../wire/wire.ts";
import type { BodySink, RequestSink } from "../request/body-sink.ts";
import type { RequestContext } from "../request/context.ts";
import type { Detour, Hooks, ResponseDraft, ResponseHead } from "../request/hooks.ts";
import type { ProxyCore } from "./core.ts";

/**
 * What every request walks, in this order: the lists of every request, of its host, of its route, and of the backend that was chosen. Nearly
 * no host and no backend has any.
 */

type RequestHooks = Hooks<RequestContext>;

function hostHooks({ virtualHost }: RequestContext): RequestHooks | null {
  return virtualHost === null ? null : virtualHost.hooks;
}

/** Changes the head for an upstream. */
export function editRequest(core: ProxyCore, context: RequestContext, headers: HeaderList): void {
  const { route, backendHooks } = context;
  const ofHost = hostHooks(context);
  for (const hook of core.hooks.editRequest) hook.editRequest(context, headers);
  if (ofHost !== null) for (const hook of ofHost.editRequest) hook.editRequest(context, headers);
  if (route !== null) for (const hook of route.hooks.editRequest) hook.editRequest(context, headers);
  if (backendHooks !== null) for (const hook of backendHooks.editRequest) hook.editRequest(context, headers);
}

/** The way to the upstream, `last`, through the steps of all hooks. */
export function tapRequest(core: ProxyCore, context: RequestContext, last: RequestSink): RequestSink {
  const { route, backendHooks } = context;
  const ofHost = hostHooks(context);
  let sink = backendHooks === null ? last : tapThrough(backendHooks, context, last);
  if (route !== null) sink = tapThrough(route.hooks, context, sink);
  if (ofHost !== null) sink = tapThrough(ofHost, context, sink);
  return tapThrough(core.hooks, context, sink);
}

function tapThrough({ tap }: RequestHooks, context: RequestContext, last: RequestSink): RequestSink {
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
  const { route, backendHooks } = context;
  const ofHost = hostHooks(context);
  try {
    return (
      interceptThrough(core.hooks, context, status, headers) ??
      (ofHost === null ? null : interceptThrough(ofHost, context, status, headers)) ??
      (route === null ? null : interceptThrough(route.hooks, context, status, headers)) ??
      (backendHooks === null ? null : interceptThrough(backendHooks, context, status, headers))
    );
  } catch (error) {
    core.logger.error({ err: error }, "a filter failed at an answer");
    return null;
  }
}

function interceptThrough(
  { intercept }: RequestHooks,
  context: RequestContext,
  status: number,
  headers: HeaderList | null,
): Detour | null {
  for (let i = 0; i < intercept.length; i++) {
    const detour = intercept[i]?.intercept(context, status, headers) ?? null;
    if (detour !== null) return detour;
  }
  return null;
}

/**
 * Every head that a client is sent passes here: an upstream's, early hints and upgrades among them, and one of the proxy's own. False when a
 * hook threw: the draft then lacks what that hook adds, and must not go out for an upstream's answer.
 */
export function editResponse(core: ProxyCore, context: RequestContext, draft: ResponseDraft): boolean {
  const { route, backendHooks } = context;
  const ofHost = hostHooks(context);
  let whole = editThrough(core.hooks, core, context, draft);
  if (ofHost !== null) whole = editThrough(ofHost, core, context, draft) && whole;
  if (route !== null) whole = editThrough(route.hooks, core, context, draft) && whole;
  if (backendHooks !== null) whole = editThrough(backendHooks, core, context, draft) && whole;
  return whole;
}

/** Goes on behind a hook that threw, for the sake of what the others add. */
function editThrough(hooks: RequestHooks, core: ProxyCore, context: RequestContext, draft: ResponseDraft): boolean {
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
  const { route, backendHooks } = context;
  const ofHost = hostHooks(context);
  let sink = backendHooks === null ? last : wrapThrough(backendHooks, context, head, last);
  if (route !== null) sink = wrapThrough(route.hooks, context, head, sink);
  if (ofHost !== null) sink = wrapThrough(ofHost, context, head, sink);
  return wrapThrough(core.hooks, context, head, sink);
}

function wrapThrough({ wrap }: RequestHooks, context: RequestContext, head: ResponseHead, last: BodySink): BodySink {
  let sink = last;
  for (let i = wrap.length - 1; i >= 0; i--) sink = wrap[i]?.wrap(context, head, sink) ?? sink;
  return sink;
}

function mayHaveBody(method: string, { status, bodyLengthBytes }: ResponseHead): boolean {
  return bodyLengthBytes !== 0 && method !== "HEAD" && status !== 204 && status !== 205 && status !== 304;
}

/** Tells all hooks that the exchange has ended. */
export function runFinishHooks(core: ProxyCore, context: RequestContext): void {
  const { route, backendHooks } = context;
  const ofHost = hostHooks(context);
  finishThrough(core.hooks, core, context);
  if (ofHost !== null) finishThrough(ofHost, core, context);
  if (route !== null) finishThrough(route.hooks, core, context);
  if (backendHooks !== null) finishThrough(backendHooks, core, context);
}

function finishThrough({ finished }: RequestHooks, core: ProxyCore, context: RequestContext): void {
  for (let i = 0; i < finished.length; i++) {
    try {
      finished[i]?.finished(context);
    } catch (error) {
      core.logger.error({ err: error }, "a filter failed at the end of a request");
    }
  }
}
