import { type Affinity, type Backend, NO_BACKEND_FILTERS } from "../../model/forward.ts";
import type { Problem } from "../../model/problem.ts";
import { formatSource } from "../../model/source.ts";
import { DEFAULT_HOST, type HostId } from "../../model/virtual-host.ts";
import { type BackendRef, serviceRef } from "../shared/backend.ts";
import type { TrackedReader } from "../shared/tracked-reader.ts";
import type { Location } from "./location.ts";
import { ruleKey } from "./path.ts";
import type { IngressPlan, PlannedPath } from "./plan.ts";
import { errorAt } from "../shared/problem-at.ts";

/** One rule of a canary Ingress. */
interface MatchedCanary {
  readonly plan: IngressPlan;
  readonly rule: PlannedPath;
}

export interface MatchedCanaries {
  readonly byLocation: ReadonlyMap<Location, MatchedCanary>;
  readonly problems: readonly Problem[];
}

/**
 * Gives each location its canary: the first by precedence whose rule has the same path text and type. Unlike ingress-nginx, which
 * hangs the canary on the shared upstream and so on every other path of that Service, it counts for this location alone,
 * and it must live in the namespace of the main Ingress.
 */
export function matchCanaries(
  host: HostId,
  locations: readonly Location[],
  canaries: readonly IngressPlan[],
): MatchedCanaries {
  const byLocation = new Map<Location, MatchedCanary>();
  if (canaries.length === 0) return { byLocation, problems: [] };
  const byRule = new Map(locations.map((location) => [location.key, location]));
  const problems: Problem[] = [];
  for (const plan of canaries) {
    for (const rule of plan.hosts.get(host) ?? []) {
      // What was refused has been named already.
      if (rule.refusal !== null) continue;
      const location = byRule.get(ruleKey(rule.written, rule.pathType));
      const taken = location === undefined ? undefined : byLocation.get(location);
      const obstacle = findObstacle({ plan, rule }, location, taken);
      if (obstacle !== null) problems.push(unmatched(host, { plan, rule }, obstacle));
      else if (location !== undefined) byLocation.set(location, { plan, rule });
    }
  }
  return { byLocation, problems };
}

/** The problems of canaries on a host that no other Ingress serves. */
export function canariesWithoutHost(host: HostId, canaries: readonly IngressPlan[]): readonly Problem[] {
  return canaries.map((plan) => {
    const place = { source: plan.source, field: "spec.rules", value: host };
    const message = `no Ingress without canary annotation serves host ${host}; a canary never makes a host of its own`;
    return errorAt(place, "CanaryWithoutMain", "not-served", message);
  });
}

export function canaryBackend(
  { plan, rule }: MatchedCanary,
  mainAffinity: Affinity | null,
  reader: TrackedReader,
): { readonly backend: Backend; readonly ref: BackendRef } | null {
  const { canary, backendProtocol } = plan.policy;
  if (canary === null || rule.backend === null) return null;
  const { affinityBehavior, ...choice } = canary;
  const backend: Backend = {
    upstream: reader.traits(rule.backend).id,
    service: serviceRef(rule.backend),
    transport: { protocol: backendProtocol, security: null },
    weight: 0,
    rule: { source: plan.source, ...choice },
    affinity: affinityBehavior === "legacy" ? null : mainAffinity,
    filters: NO_BACKEND_FILTERS,
  };
  return { backend, ref: rule.backend };
}

function findObstacle(
  canary: MatchedCanary,
  location: Location | undefined,
  taken: MatchedCanary | undefined,
): string | null {
  if (location === undefined) {
    return canary.rule.written === ""
      ? "a canary rule without path matches nothing: write / as its path"
      : "no other Ingress serves this host with the same path and path type";
  }
  if (location.plan === null || location.backend === null) return "the default backend cannot have a canary";
  if (location.plan.source.namespace !== canary.plan.source.namespace) {
    return `${formatSource(location.plan.source)}, which serves this path, is in another namespace`;
  }
  if (location.backend.key === canary.rule.backend?.key) return "it names the same Service port as the main Ingress";
  if (canary.plan.policy.closed !== null) return `its own annotations cannot be honoured: ${canary.plan.policy.closed}`;
  return taken === undefined ? null : `${formatSource(taken.plan.source)} is already the canary of this path`;
}

function unmatched(host: HostId, { plan, rule }: MatchedCanary, obstacle: string): Problem {
  const place = {
    source: plan.source,
    field: `${rule.field}${rule.field.startsWith("spec.rules") ? ".path" : ""}`,
    value: rule.written,
  };
  const on = host === DEFAULT_HOST ? "" : ` on host ${host}`;
  return errorAt(place, "CanaryNotApplied", "not-served", `the canary has no effect${on}: ${obstacle}`);
}
