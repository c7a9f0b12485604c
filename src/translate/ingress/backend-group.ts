import { type BackendRef, type BackendTraits, DEFAULT_BACKEND_ID } from "../shared/backend.ts";
import type { IngressPlan } from "./plan.ts";
import { comparePrecedence, insertPlan, removePlan } from "./precedence.ts";

interface WorkerHandle {
  readonly backend: BackendRef;
  /** In order of precedence. */
  readonly users: IngressPlan[];
  /** Those of `users` that ask for affinity. */
  readonly sticky: IngressPlan[];
}

/** ingress-nginx's name of a backend's upstream. */
export function groupName(backend: BackendRef): string {
  return `${backend.namespace}-${backend.name}-${backend.port ?? ""}`;
}

/**
 * The backends that ingress-nginx would give one upstream name: nearly always one. But `a-b/c:80` and `a/b-c:80` are both
 * `a-b-c-80`, and there one namespace takes over the other's traffic; here the first by precedence keeps the name and
 * the others get a longer one.
 */
export class BackendGroup {
  readonly #name: string;
  readonly #members = new Map<string, WorkerHandle>();

  constructor(name: string) {
    this.#name = name;
  }

  add(backend: BackendRef, plan: IngressPlan): void {
    const member = this.#members.get(backend.key) ?? { backend, users: [], sticky: [] };
    this.#members.set(backend.key, member);
    // An Ingress that names a backend twice is still one user.
    removePlan(member.users, plan);
    insertPlan(member.users, plan);
    if (plan.policy.affinity === null) return;
    removePlan(member.sticky, plan);
    insertPlan(member.sticky, plan);
  }

  remove(backend: BackendRef, plan: IngressPlan): void {
    const member = this.#members.get(backend.key);
    if (member === undefined) return;
    removePlan(member.users, plan);
    removePlan(member.sticky, plan);
  }

  /** Traits by backend key; null for a backend that lost its last user. */
  traits(): ReadonlyMap<string, BackendTraits | null> {
    const traits = new Map<string, BackendTraits | null>();
    const used: { readonly first: IngressPlan; readonly member: WorkerHandle }[] = [];
    for (const [key, member] of this.#members) {
      const [first] = member.users;
      if (first === undefined) traits.set(key, null);
      else used.push({ first, member });
    }
    used.sort((a, b) => comparePrecedence(a.first, b.first) || (a.member.backend.key < b.member.backend.key ? -1 : 1));
    used.forEach(({ first, member }, position) => {
      traits.set(member.backend.key, traitsOf(member, first, this.#idOf(member.backend, position)));
    });
    return traits;
  }

  /** Drops backends without users; true when none is left. */
  prune(): boolean {
    for (const [key, member] of this.#members) {
      if (member.users.length === 0) this.#members.delete(key);
    }
    return this.#members.size === 0;
  }

  #idOf(backend: BackendRef, position: number): string {
    if (position === 0 && this.#name !== DEFAULT_BACKEND_ID) return this.#name;
    return `${this.#name}@${backend.namespace}/${backend.name}`;
  }
}

function traitsOf(member: WorkerHandle, first: IngressPlan, id: string): BackendTraits {
  const { loadBalance, serviceUpstream } = first.policy;
  const firstSticky = member.sticky[0]?.policy.affinity ?? null;
  const lastSticky = member.sticky.at(-1)?.policy.affinity ?? null;
  const affinity = firstSticky === null || lastSticky === null ? null : { ...lastSticky, mode: firstSticky.mode };
  return { id, balancer: loadBalance, serviceUpstream, affinity };
}
