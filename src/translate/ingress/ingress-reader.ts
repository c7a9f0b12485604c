import type { HostId } from "../../model/virtual-host.ts";
import type { BackendIndex } from "../shared/backend.ts";
import { hostFact } from "../shared/facts.ts";
import { TrackedReader, type World } from "../shared/tracked-reader.ts";
import type { IngressPlan } from "./plan.ts";

/** What a translation asks of the index of Ingresses. */
export interface PlanIndex extends BackendIndex {
  /** In order of precedence, canaries included. */
  claims(host: HostId): readonly IngressPlan[];
}

/** Everything that the translation of Ingresses can see. */
export interface IngressWorld extends World {
  readonly backends: PlanIndex;
}

/** The window of shards that are made of Ingresses. */
export class IngressReader extends TrackedReader {
  readonly #index: PlanIndex;

  constructor(world: IngressWorld) {
    super(world);
    this.#index = world.backends;
  }

  /** The Ingresses of a host, canaries included, first by precedence first. */
  claims(host: HostId): readonly IngressPlan[] {
    this.facts.add(hostFact(host));
    const claims = this.#index.claims(host);
    if (claims.every(({ aliases }) => !aliases.has(host))) return claims;
    // An Ingress with rules for a host has it before Ingresses that only have it as an alias.
    const named = claims.filter(({ aliases }) => !aliases.has(host));
    return named.some(({ policy }) => policy.canary === null) ? named : claims;
  }
}
