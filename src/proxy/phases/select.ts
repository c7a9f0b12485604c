import type { BackendProtocol } from "../../model/backend-protocol.ts";
import type { AffinityFilter } from "../../model/filters.ts";
import type { RouteAction } from "../../model/route.ts";
import { openStick, type SendPlan, type Stick, type UpstreamRuntime } from "../../upstream/upstream.ts";
import { connectionScheme, type RequestContext, type RuntimeRoute } from "../context.ts";
import { cookieHeader } from "../header-values.ts";

/** Where a request goes. */
export interface Selection {
  readonly upstream: UpstreamRuntime;
  readonly protocol: SendPlan["protocol"];
  /** Null when the upstream is balanced without a cookie. */
  readonly sticky: Sticky | null;
}

export interface Sticky {
  readonly filter: AffinityFilter;
  readonly stick: Stick;
}

/**
 * Main upstream or canary, and the client's place in it. An affinity cookie of either side decides first, even against an
 * `always` header; then the canary's own rules. A canary without endpoints takes nothing. Null when the main upstream is gone.
 */
export function select(context: RequestContext, route: RuntimeRoute): Selection | null {
  const { action, filters } = route.route;
  const main = action.kind === "forward" ? selectMain(context, action, filters.affinity) : null;
  if (main === null || route.canary === null || main.sticky?.stick.hasCookie === true) return main;
  return selectCanary(context, route) ?? main;
}

function selectMain(
  context: RequestContext,
  action: RouteAction & { readonly kind: "forward" },
  affinity: AffinityFilter | null,
): Selection | null {
  const upstream = context.core.upstreams.get(action.upstream);
  if (upstream === undefined) return null;
  context.upstreamId = upstream.id;
  return { upstream, protocol: spoken(action.protocol, context), sticky: openSticky(context, upstream, affinity) };
}

function selectCanary(context: RequestContext, route: RuntimeRoute): Selection | null {
  const { core, request } = context;
  const canary = route.canary;
  const upstream = canary === null ? undefined : core.upstreams.get(canary.filter.upstream);
  if (canary === null || upstream?.hasEndpoints !== true) return null;
  const sticky = openSticky(context, upstream, canary.filter.affinity);
  if (sticky?.stick.hasCookie !== true && !canary.takes(request.headers, core.random)) return null;
  context.alternativeUpstreamId = upstream.id;
  return { upstream, protocol: spoken(canary.filter.protocol, context), sticky };
}

/** `auto`: as the client speaks to us. */
function spoken(protocol: BackendProtocol, context: RequestContext): SendPlan["protocol"] {
  return protocol === "auto" ? connectionScheme(context.connection) : protocol;
}

function openSticky(context: RequestContext, upstream: UpstreamRuntime, filter: AffinityFilter | null): Sticky | null {
  if (filter === null) return null;
  return { filter, stick: openStick(filter, upstream, cookieHeader(context.request.headers)) };
}
