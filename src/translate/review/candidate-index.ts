import type { BackendRef, BackendTraits } from "../shared/backend.ts";
import type { HostId } from "../../model/virtual-host.ts";
import type { IngressPlan } from "../ingress/plan.ts";
import { insertPlan } from "../ingress/precedence.ts";

/** What a translation asks of the index. */
export interface PlanIndex {
  claims(host: HostId): readonly IngressPlan[];
  traits(backend: BackendRef): BackendTraits | undefined;
}

/** The index as it would be with this plan in the place of the one under its key; the index itself stays as it is. */
export function withCandidate(index: PlanIndex, plan: IngressPlan): PlanIndex {
  return {
    claims: (host) => {
      const plans = index.claims(host).filter(({ key }) => key !== plan.key);
      if (plan.hosts.has(host)) insertPlan(plans, plan);
      return plans;
    },
    traits: (backend) => index.traits(backend),
  };
}
