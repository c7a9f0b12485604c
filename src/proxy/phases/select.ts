import type { BackendProtocol } from "../../model/backend-protocol.ts";
import type { AffinityFilter } from "../../model/filters.ts";
import { openStick, type SendPlan, type UpstreamRuntime } from "../../upstream/upstream.ts";
import { connectionScheme, type RequestContext, type RuntimeRoute } from "../context.ts";
import { cookieHeader } from "../header-values.ts";
import type { Selection, Sticky } from "../selection.ts";

/**
 * Main upstream or canary, and the client's place in it. An affinity cookie of either side decides first, even against an
 * `always` header; then the canary's own rules. A canary without endpoints takes nothing. Null when the main upstream is gone.
 */
export function select(context: RequestContext, route: RuntimeRoute): Selection | null {
  const main = selectMain(context, route);
  if (main === null || route.canary === null || main.sticky?.stick.hasCookie === true) return main;
  return selectCanary(context, route) ?? main;
}

function selectMain(context: RequestContext, route: RuntimeRoute): Selection | null {
  const { action, filters } = route.route;
  const { upstream } = context;
  if (action.kind !== "forward" || upstream === null) return null;
  const protocol = spoken(action.protocol, context);
  if (filters.affinity !== null)
    return selection(route, upstream, protocol, openSticky(context, upstream, filters.affinity));
  const last = route.lastSelection;
  if (last !== null && last.plan.upstream === upstream && last.plan.protocol === protocol) return last;
  route.lastSelection = selection(route, upstream, protocol, null);
  return route.lastSelection;
}

function selectCanary(context: RequestContext, route: RuntimeRoute): Selection | null {
  const { core, request } = context;
  const canary = route.canary;
  const upstream = canary === null ? undefined : core.upstreams.get(canary.filter.upstream);
  if (canary === null || upstream?.hasEndpoints !== true) return null;
  const sticky = openSticky(context, upstream, canary.filter.affinity);
  if (sticky?.stick.hasCookie !== true && !canary.takes(request.headers, core.random)) return null;
  context.alternativeUpstreamId = upstream.id;
  return selection(route, upstream, spoken(canary.filter.protocol, context), sticky);
}

function selection(
  { route }: RuntimeRoute,
  upstream: UpstreamRuntime,
  protocol: SendPlan["protocol"],
  sticky: Sticky | null,
): Selection {
  const { timeouts, retry } = route.filters;
  return { plan: { upstream, protocol, timeouts, retry, stick: sticky?.stick ?? null }, sticky };
}

/** `auto`: as the client speaks to us. */
function spoken(protocol: BackendProtocol, context: RequestContext): SendPlan["protocol"] {
  return protocol === "auto" ? connectionScheme(context.connection) : protocol;
}

function openSticky(context: RequestContext, upstream: UpstreamRuntime, filter: AffinityFilter | null): Sticky | null {
  if (filter === null) return null;
  return { filter, stick: openStick(filter, upstream, cookieHeader(context.request.headers)) };
}
