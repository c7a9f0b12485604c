import type { BackendProtocol } from "../../model/backend-protocol.ts";
import type { AffinityFilter } from "../../model/filters.ts";
import { readAffinity, type SendPlan, type AffinitySession, type UpstreamRuntime } from "../../upstream/upstream.ts";
import { connectionScheme, type RequestContext, type RuntimeRoute } from "../request/context.ts";
import { cookieHeader } from "../request/header-values.ts";

/**
 * Main upstream or canary, and the client's place in it. An affinity cookie of either side decides first, even against an
 * `always` header; then the canary's own rules. A canary without endpoints takes nothing. Null when the main upstream is gone.
 */
export function select(context: RequestContext, route: RuntimeRoute): SendPlan | null {
  const main = selectMain(context, route);
  if (main === null || route.canary === null || main.stick?.hasCookie === true) return main;
  return selectCanary(context, route) ?? main;
}

function selectMain(context: RequestContext, route: RuntimeRoute): SendPlan | null {
  const { upstream } = context;
  const { affinity, timeouts, retry } = route.filters;
  if (upstream === null) return null;
  const protocol = spoken(route.protocol, context);
  if (affinity === null) return upstream.plan(protocol, timeouts, retry);
  return { upstream, protocol, timeouts, retry, stick: stickTo(context, upstream, affinity) };
}

function selectCanary(context: RequestContext, route: RuntimeRoute): SendPlan | null {
  const { core, request } = context;
  const canary = route.canary;
  const upstream = canary === null ? undefined : core.upstreams.get(canary.filter.upstream);
  if (canary === null || upstream?.hasEndpoints !== true) return null;
  const { affinity, protocol } = canary.filter;
  const stick = affinity === null ? null : stickTo(context, upstream, affinity);
  if (stick?.hasCookie !== true && !canary.takes(request.headers, core.random, context)) return null;
  context.alternativeUpstreamId = upstream.id;
  const { timeouts, retry } = route.filters;
  return { upstream, protocol: spoken(protocol, context), timeouts, retry, stick };
}

/** `auto`: as the client speaks to us. */
function spoken(protocol: BackendProtocol, context: RequestContext): SendPlan["protocol"] {
  return protocol === "auto" ? connectionScheme(context.connection) : protocol;
}

function stickTo(context: RequestContext, upstream: UpstreamRuntime, filter: AffinityFilter): AffinitySession {
  return readAffinity(filter, upstream, cookieHeader(context.request.headers));
}
