import type { IngressPlan } from "./plan.ts";

/**
 * Which of two Ingresses comes first wherever "the first one wins": the older one; of equally old ones the one whose
 * `namespace/name` sorts last, which is ingress-nginx's order. Total, so the result never depends on the order of a list.
 */
export function comparePrecedence(a: IngressPlan, b: IngressPlan): number {
  const age = a.ingress.meta.createdAtMs - b.ingress.meta.createdAtMs;
  if (age !== 0) return age;
  if (a.key === b.key) return 0;
  return a.key > b.key ? -1 : 1;
}

/** Inserts into an array that is in order of precedence. */
export function insertPlan(plans: IngressPlan[], plan: IngressPlan): void {
  plans.splice(positionOf(plans, plan), 0, plan);
}

export function removePlan(plans: IngressPlan[], plan: IngressPlan): void {
  const position = positionOf(plans, plan);
  if (plans[position]?.key === plan.key) plans.splice(position, 1);
}

/** The first position that does not come before the plan. */
function positionOf(plans: readonly IngressPlan[], plan: IngressPlan): number {
  let low = 0;
  let high = plans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = plans[middle];
    if (candidate !== undefined && comparePrecedence(candidate, plan) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
