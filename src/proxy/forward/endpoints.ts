import type { UpstreamRuntime } from "../../upstream/upstream.ts";
import { type Answer, errorAnswer } from "../answers/answer.ts";
import { ERRORS } from "../answers/errors.ts";
import type { Filter, RequestContext, RuntimeRoute } from "../request/context.ts";

/**
 * Chooses the backend among those that share what no rule takes. 500 where it leads nowhere; 503 while its upstream has no endpoints, even
 * when a canary has some.
 */
export const endpoints: Filter = { decide: (context) => chooseBackend(context) };

function chooseBackend(context: RequestContext): Answer | null {
  const { route } = context;
  if (route === null || route.forward === null) return null;
  const backend = route.chooser === null ? route.forward.backends[0] : route.chooser.share(context);
  if (backend === undefined || backend.upstream === null) return UNRESOLVED;
  context.backend = backend;
  context.upstreamId = backend.upstream;
  const upstream = upstreamOf(route, backend.upstream, context);
  context.upstream = upstream;
  if (upstream !== null && upstream.hasEndpoints) return null;
  return upstream === null ? NO_ENDPOINTS : errorAnswer(ERRORS.noEndpoints, upstream.absence);
}

/** That of an only backend is remembered. */
function upstreamOf(route: RuntimeRoute, id: string, { core }: RequestContext): UpstreamRuntime | null {
  if (route.chooser !== null) return core.upstreams.get(id) ?? null;
  if (route.upstream === null || route.upstream.closed) route.upstream = core.upstreams.get(id) ?? null;
  return route.upstream;
}

const NO_ENDPOINTS = errorAnswer(ERRORS.noEndpoints);
const UNRESOLVED = errorAnswer(ERRORS.unresolvedBackend);
