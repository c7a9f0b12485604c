import type { PlanIndex } from "../ingress/ingress-reader.ts";
import type { IngressPlan } from "../ingress/plan.ts";
import { insertPlan } from "../ingress/precedence.ts";

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
