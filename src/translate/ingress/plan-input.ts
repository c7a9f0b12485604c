import type { Ingress, ObjectMeta } from "../../kubernetes/objects.ts";

/** What of an Ingress its plan is made of. The rest, such as its status and its version, changes often and changes no plan. */
export interface PlanInput extends Pick<Ingress, "spec" | "refused"> {
  readonly meta: Pick<ObjectMeta, "namespace" | "name" | "annotations" | "createdAtMs">;
}

/** Without the rest of the Ingress, so that a plan does not keep versions of it in memory. */
export function planInput({ meta, spec, refused }: PlanInput): PlanInput {
  const { namespace, name, annotations, createdAtMs } = meta;
  return { meta: { namespace, name, annotations, createdAtMs }, spec, ...(refused === undefined ? {} : { refused }) };
}

/** True where both of one name make the same plan. Parts count as different where they are not the same objects: see `keepEqualParts`. */
export function isSameInput(one: PlanInput, other: PlanInput): boolean {
  return (
    one.spec === other.spec &&
    one.refused === other.refused &&
    one.meta.annotations === other.meta.annotations &&
    one.meta.createdAtMs === other.meta.createdAtMs
  );
}
