import { type Backend, type Forward, NO_BACKEND_FILTERS } from "../../model/forward.ts";
import type { BackendChooser, RequestContext } from "../request/context.ts";
import type { Hooks } from "../request/hooks.ts";
import { readSession } from "./affinity.ts";
import { compileCanary } from "./canary.ts";

type BackendHooks = Hooks<RequestContext> | null;

/**
 * Null where there is one backend, without hooks of its own. `hooks`: of each backend, in their order; null where it has none. Never throws.
 */
export function compileChooser({ backends }: Forward, hooks: readonly BackendHooks[]): BackendChooser | null {
  if (backends.length === 1 && hooks[0] === null) return null;
  const shares = backends.filter(({ rule }) => rule === null);
  const byBackend = new Map(backends.map((backend, index) => [backend, hooks[index] ?? null]));
  return {
    share: compileShares(shares),
    ruled: backends.flatMap(compileRuled),
    hooksOf: (backend) => byBackend.get(backend) ?? null,
  };
}

function compileRuled(backend: Backend): BackendChooser["ruled"] {
  if (backend.rule === null) return [];
  const rule = compileCanary(backend.rule);
  return [{ backend, takes: (context) => rule.takes(context.request.headers, context.core.random, context) }];
}

function compileShares(shares: readonly Backend[]): BackendChooser["share"] {
  const [only = NOWHERE] = shares;
  if (shares.length <= 1) return () => only;
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  const sticky = shares.filter(({ affinity }) => affinity !== null);
  return (context) => ownerOfSession(sticky, context) ?? atWeight(shares, context.core.random() * total);
}

/** The backend whose session the request carries, whatever its weight, while it can serve anything. */
function ownerOfSession(sticky: readonly Backend[], context: RequestContext): Backend | null {
  for (const backend of sticky) {
    const upstream = backend.upstream === null ? undefined : context.core.upstreams.get(backend.upstream);
    if (upstream?.hasEndpoints === true && readSession(context, upstream, backend)?.hasCookie === true) return backend;
  }
  return null;
}

/** `point`: 0 ≤ point < sum of the weights. */
function atWeight(shares: readonly Backend[], point: number): Backend {
  let left = point;
  for (const backend of shares) {
    left -= backend.weight;
    if (left < 0) return backend;
  }
  // All weights are 0: nobody may have the request.
  return NOWHERE;
}

const NOWHERE: Backend = {
  upstream: null,
  service: { namespace: "", name: "", port: "" },
  transport: { protocol: "http", security: null },
  weight: 1,
  rule: null,
  affinity: null,
  filters: NO_BACKEND_FILTERS,
};
