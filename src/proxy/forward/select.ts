import type { BackendProtocol } from "../../model/backend-protocol.ts";
import type { Affinity, Forward } from "../../model/forward.ts";
import { readAffinity, type SendPlan, type AffinitySession, type UpstreamRuntime } from "../../upstream/upstream.ts";
import { connectionScheme, type RequestContext, type RuntimeRoute } from "../request/context.ts";
import { cookieHeader } from "../request/header-values.ts";
import type { CanaryBackend } from "./canary.ts";

/**
 * Main upstream or canary, and the client's place in it. An affinity cookie of either side decides first, even against an
 * `always` header; then the canary's own rules. A canary without endpoints takes nothing. Null when the main upstream is gone.
 */
export function select(context: RequestContext, route: RuntimeRoute): SendPlan | null {
  const { forward, canary } = route;
  if (forward === null) return null;
  const main = selectMain(context, route, forward);
  if (main === null || canary === null || main.stick?.hasCookie === true) return main;
  return selectCanary(context, canary, forward) ?? main;
}

function selectMain(context: RequestContext, route: RuntimeRoute, forward: Forward): SendPlan | null {
  const { upstream } = context;
  const { timeouts, retry } = forward;
  const affinity = forward.backends[0]?.affinity ?? null;
  if (upstream === null) return null;
  const protocol = spoken(route.protocol, context);
  if (affinity === null) return upstream.plan(protocol, timeouts, retry);
  return { upstream, protocol, timeouts, retry, stick: stickTo(context, upstream, affinity) };
}

function selectCanary(context: RequestContext, canary: CanaryBackend, forward: Forward): SendPlan | null {
  const { core, request } = context;
  const { affinity, protocol, upstream: id } = canary.backend;
  const upstream = core.upstreams.get(id);
  if (upstream?.hasEndpoints !== true) return null;
  const stick = affinity === null ? null : stickTo(context, upstream, affinity);
  if (stick?.hasCookie !== true && !canary.rule.takes(request.headers, core.random, context)) return null;
  context.alternativeUpstreamId = upstream.id;
  const { timeouts, retry } = forward;
  return { upstream, protocol: spoken(protocol, context), timeouts, retry, stick };
}

/** `auto`: as the client speaks to us. */
function spoken(protocol: BackendProtocol, context: RequestContext): SendPlan["protocol"] {
  return protocol === "auto" ? connectionScheme(context.connection) : protocol;
}

function stickTo(context: RequestContext, upstream: UpstreamRuntime, affinity: Affinity): AffinitySession {
  return readAffinity(affinity, upstream, cookieHeader(context.request.headers));
}
