import { type Answer, errorAnswer } from "../answers/answer.ts";
import type { UpstreamRuntime } from "../../upstream/upstream.ts";
import type { Filter, RequestContext, RuntimeRoute, ProxyContext } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";

/** 503 while the route's upstream has no endpoints, even when its canary has some. */
export const endpoints: Filter = { decide: (context) => findEndpoints(context) };

function findEndpoints(context: RequestContext): Answer | null {
  const { route, core } = context;
  if (route === null || route.upstreamId === null) return null;
  context.upstreamId = route.upstreamId;
  const upstream = upstreamOf(route, route.upstreamId, core);
  context.upstream = upstream;
  if (upstream !== null && upstream.hasEndpoints) return null;
  return upstream === null ? NO_ENDPOINTS : errorAnswer(ERRORS.noEndpoints, upstream.absence);
}

function upstreamOf(route: RuntimeRoute, id: string, { upstreams }: ProxyContext): UpstreamRuntime | null {
  if (route.upstream === null || route.upstream.closed) route.upstream = upstreams.get(id) ?? null;
  return route.upstream;
}

const NO_ENDPOINTS = errorAnswer(ERRORS.noEndpoints);
