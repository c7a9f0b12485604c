import type { Backend, Forward } from "../../model/forward.ts";
import type { SendPlan, UpstreamRuntime } from "../../upstream/upstream.ts";
import { type BackendChooser, connectionScheme, type RequestContext, type RuntimeRoute } from "../request/context.ts";
import { readSession } from "./affinity.ts";

/**
 * The backend that was chosen or one with a rule, and the client's place in it. An affinity cookie of either side decides first, even
 * against an `always` header; then the rules. A canary without endpoints takes nothing. Null when the chosen upstream is gone.
 */
export function select(context: RequestContext, { forward, chooser }: RuntimeRoute): SendPlan | null {
  const { backend, upstream } = context;
  if (forward === null || backend === null || upstream === null) return null;
  const { timeouts, retry } = forward;
  if (chooser === null && backend.affinity === null) {
    return upstream.plan(spoken(backend, context), securityOf(backend, context), timeouts, retry);
  }
  const main = planFor(context, { backend, upstream, forward });
  if (chooser === null) return main;
  const ruled = main.stick?.hasCookie === true ? null : selectRuled(context, chooser, forward);
  context.backendHooks = chooser.hooksOf(context.backend ?? backend);
  return ruled ?? main;
}

interface Choice {
  readonly backend: Backend;
  readonly upstream: UpstreamRuntime;
  readonly forward: Forward;
}

function planFor(context: RequestContext, { backend, upstream, forward }: Choice): SendPlan {
  const protocol = spoken(backend, context);
  const security = securityOf(backend, context);
  const stick = readSession(context, upstream, backend);
  if (stick === null) return upstream.plan(protocol, security, forward.timeouts, forward.retry);
  return { upstream, protocol, security, timeouts: forward.timeouts, retry: forward.retry, stick };
}

function selectRuled(context: RequestContext, { ruled }: BackendChooser, forward: Forward): SendPlan | null {
  for (const one of ruled) {
    const { backend } = one;
    const upstream = backend.upstream === null ? undefined : context.core.upstreams.get(backend.upstream);
    if (upstream?.hasEndpoints !== true) continue;
    const plan = planFor(context, { backend, upstream, forward });
    if (plan.stick?.hasCookie !== true && !one.takes(context)) continue;
    context.backend = backend;
    context.alternativeUpstreamId = upstream.id;
    return plan;
  }
  return null;
}

/** `auto`: as the client speaks to us. */
function spoken({ transport: { protocol } }: Backend, context: RequestContext): SendPlan["protocol"] {
  return protocol === "auto" ? connectionScheme(context.connection) : protocol;
}

function securityOf({ transport: { security } }: Backend, { core }: RequestContext): SendPlan["security"] {
  return security === null ? null : core.upstreams.securityOf(security);
}
