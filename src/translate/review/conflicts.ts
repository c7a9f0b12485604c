import { formatSource } from "../../model/source.ts";
import { DEFAULT_HOST, type HostId } from "../../model/virtual-host.ts";
import type { IngressPlan, PlannedPath } from "../ingress/plan.ts";
import type { PlanIndex } from "../ingress/ingress-reader.ts";

/** One rule of one host. */
interface Claim {
  readonly host: HostId;
  readonly rule: PlannedPath;
}

/**
 * Why this Ingress cannot stand beside those that are there on one of its hosts. As in ingress-nginx, a host and path belong to one Ingress, whatever the
 * path type; and beyond it, to one canary, which must live in the namespace of the main Ingress.
 */
export function findConflicts(plan: IngressPlan, host: HostId, index: PlanIndex): readonly string[] {
  const rules = plan.hosts.get(host) ?? [];
  const others = index.claims(host).filter(({ key }) => key !== plan.key);
  if (others.length === 0) return [];
  const judge = plan.policy.canary === null ? mainConflict : canaryConflict;
  const own = rules.filter(({ refusal }) => refusal === null);
  const taken = pathOwners(host, others, new Set(own.map(({ path }) => path)));
  return own.flatMap((rule) => judge(plan, { host, rule }, taken.get(rule.path) ?? []) ?? []);
}

interface Owner {
  readonly plan: IngressPlan;
  readonly rule: PlannedPath;
}

/** Who has these paths on the host, by path. */
function pathOwners(
  host: HostId,
  plans: readonly IngressPlan[],
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, readonly Owner[]> {
  const owners = new Map<string, Owner[]>();
  for (const plan of plans) {
    for (const rule of plan.hosts.get(host) ?? []) {
      if (rule.refusal !== null || !wanted.has(rule.path)) continue;
      const known = owners.get(rule.path);
      if (known === undefined) owners.set(rule.path, [{ plan, rule }]);
      else known.push({ plan, rule });
    }
  }
  return owners;
}

/** In ingress-nginx's words, which people have scripts for. */
function mainConflict(_plan: IngressPlan, { host, rule }: Claim, owners: readonly Owner[]): string | null {
  const owner = owners.find((other) => other.plan.policy.canary === null);
  return owner === undefined
    ? null
    : `host ${JSON.stringify(host)} and path ${JSON.stringify(rule.path)} is already defined in ingress ${owner.plan.key}`;
}

function canaryConflict(plan: IngressPlan, { host, rule }: Claim, owners: readonly Owner[]): string | null {
  const same = owners.filter((other) => other.rule.key === rule.key);
  const where = `${host === DEFAULT_HOST ? "" : `host ${JSON.stringify(host)} and `}path ${JSON.stringify(rule.path)}`;
  const canary = same.find((other) => other.plan.policy.canary !== null);
  if (canary !== undefined)
    return `${where} has a canary already, ${formatSource(canary.plan.source)}; there is one for each`;
  const mains = same.filter((other) => other.plan.policy.canary === null);
  const [foreign] = mains.filter((other) => other.plan.source.namespace !== plan.source.namespace);
  if (foreign === undefined || mains.length > 1) return null;
  return `${where} belongs to ${formatSource(foreign.plan.source)}; a canary must be in the namespace of the main Ingress`;
}
