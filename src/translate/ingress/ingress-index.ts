import { isDeepStrictEqual } from "node:util";
import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { HostId } from "../../model/virtual-host.ts";
import type { BackendRef, BackendTraits } from "../shared/backend.ts";
import { backendFact, type Fact, hostFact } from "../shared/facts.ts";
import { BackendGroup, groupName } from "./backend-group.ts";
import type { IngressPlan } from "./plan.ts";
import { insertPlan, removePlan } from "./precedence.ts";

/** The Ingresses that are served, found by host and by backend, always in order of precedence. */
export class IngressIndex {
  readonly #plans = new Map<ObjectKey, IngressPlan>();
  readonly #byHost = new Map<HostId, IngressPlan[]>();
  readonly #groups = new Map<string, BackendGroup>();
  readonly #traits = new Map<string, BackendTraits>();

  plan(key: ObjectKey): IngressPlan | undefined {
    return this.#plans.get(key);
  }

  plans(): Iterable<IngressPlan> {
    return this.#plans.values();
  }

  hosts(): Iterable<HostId> {
    return this.#byHost.keys();
  }

  claims(host: HostId): readonly IngressPlan[] {
    return this.#byHost.get(host) ?? [];
  }

  traits(backend: BackendRef): BackendTraits | undefined {
    return this.#traits.get(backend.key);
  }

  /** Puts a plan in the place of the one under its key, or takes that away. The facts this touches are added to `touched`. */
  replace(key: ObjectKey, plan: IngressPlan | null, touched: Set<Fact>): void {
    const groups = new Set<string>();
    const before = this.#plans.get(key);
    if (before !== undefined) this.#remove(before, touched, groups);
    if (plan !== null) this.#insert(plan, touched, groups);
    for (const group of groups) this.#refreshTraits(group, touched);
  }

  #insert(plan: IngressPlan, touched: Set<Fact>, groups: Set<string>): void {
    this.#plans.set(plan.key, plan);
    for (const host of plan.hosts.keys()) {
      const plans = this.#byHost.get(host) ?? [];
      insertPlan(plans, plan);
      this.#byHost.set(host, plans);
      touched.add(hostFact(host));
    }
    for (const backend of backendsOf(plan)) {
      const name = groupName(backend);
      const group = this.#groups.get(name) ?? new BackendGroup(name);
      group.add(backend, plan);
      this.#groups.set(name, group);
      groups.add(name);
    }
  }

  #remove(plan: IngressPlan, touched: Set<Fact>, groups: Set<string>): void {
    this.#plans.delete(plan.key);
    for (const host of plan.hosts.keys()) {
      const plans = this.#byHost.get(host) ?? [];
      removePlan(plans, plan);
      if (plans.length === 0) this.#byHost.delete(host);
      touched.add(hostFact(host));
    }
    for (const backend of backendsOf(plan)) {
      const name = groupName(backend);
      this.#groups.get(name)?.remove(backend, plan);
      groups.add(name);
    }
  }

  /** Only traits that really came out different are touched: one more Ingress on a shared Service concerns nobody else. */
  #refreshTraits(name: string, touched: Set<Fact>): void {
    const group = this.#groups.get(name);
    if (group === undefined) return;
    for (const [key, traits] of group.traits()) {
      if (isDeepStrictEqual(traits, this.#traits.get(key) ?? null)) continue;
      touched.add(backendFact(key));
      if (traits === null) this.#traits.delete(key);
      else this.#traits.set(key, traits);
    }
    if (group.prune()) this.#groups.delete(name);
  }
}

/** Each once: thousands of paths may refer to one. */
function backendsOf({ backends }: IngressPlan): ReadonlySet<BackendRef> {
  return new Set(backends.map(({ backend }) => backend));
}
