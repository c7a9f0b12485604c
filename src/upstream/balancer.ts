import type { Upstream } from "../model/upstream.ts";
import type { EndpointRuntime } from "./endpoint.ts";
import { EwmaBalancer } from "./ewma.ts";
import type { PoolContext } from "./pool-context.ts";
import { RoundRobinBalancer } from "./round-robin.ts";

/** Chooses an endpoint for a request that no cookie ties to one. */
export interface Balancer {
  /** Endpoints that this request already tried are left out while there are others. Null when there are no endpoints. */
  pick(tried: readonly EndpointRuntime[]): EndpointRuntime | null;
  /** The new list; endpoints that stayed are the same objects. */
  update(endpoints: readonly EndpointRuntime[]): void;
  /** An attempt is over. `answerMs` is connecting plus answering; a failed attempt counts as a slow one. */
  observe(endpoint: EndpointRuntime, answerMs: number): void;
}

const BALANCERS: Readonly<Record<Upstream["balancer"], (context: PoolContext) => Balancer>> = {
  "round-robin": (context) => new RoundRobinBalancer(context.random),
  ewma: (context) => new EwmaBalancer(context.clock, context.random),
};

export function openBalancer(kind: Upstream["balancer"], context: PoolContext): Balancer {
  return BALANCERS[kind](context);
}
