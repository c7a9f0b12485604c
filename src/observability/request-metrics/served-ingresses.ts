import { changedGroups } from "../../model/delta.ts";
import type { ModelDelta } from "../../model/model.ts";
import type { RouteGroup } from "../../model/route-group.ts";

/** Which Ingresses (`namespace/name`) have routes, so that the series of the others can be dropped. */
export class ServedIngresses {
  readonly #ofGroup = new Map<string, ReadonlySet<string>>();
  /** How many groups have routes of an Ingress. */
  readonly #groups = new Map<string, number>();

  has(ingress: string): boolean {
    return this.#groups.has(ingress);
  }

  /** Takes over a delta; returns the Ingresses that lost their last route by it. */
  apply(delta: ModelDelta): readonly string[] {
    const lost = new Set<string>();
    for (const [id, group] of changedGroups(delta)) {
      const before = this.#ofGroup.get(id) ?? new Set<string>();
      const after = group === null ? new Set<string>() : ingressesOf(group);
      for (const ingress of after.difference(before)) this.#count(ingress, 1);
      for (const ingress of before.difference(after)) {
        this.#count(ingress, -1);
        lost.add(ingress);
      }
      if (group === null) this.#ofGroup.delete(id);
      else this.#ofGroup.set(id, after);
    }
    return [...lost].filter((ingress) => !this.has(ingress));
  }

  #count(ingress: string, change: 1 | -1): void {
    const groups = (this.#groups.get(ingress) ?? 0) + change;
    if (groups === 0) this.#groups.delete(ingress);
    else this.#groups.set(ingress, groups);
  }
}

function ingressesOf(group: RouteGroup): ReadonlySet<string> {
  const names = group.routes.map(({ source }) => (source === null ? "" : `${source.namespace}/${source.name}`));
  return new Set(names.filter((name) => name !== ""));
}
