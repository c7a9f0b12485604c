import type { Upstream } from "../model/upstream.ts";
import type { Balancer } from "./balancer.ts";
import { EwmaBalancer } from "./ewma.ts";
import type { PoolContext } from "./pool-context.ts";
import { RoundRobinBalancer } from "./round-robin.ts";

/** A balancer of that kind, still without endpoints. */
export function openBalancer(kind: Upstream["balancer"], context: PoolContext): Balancer {
  return BALANCERS[kind](context);
}

const BALANCERS: Readonly<Record<Upstream["balancer"], (context: PoolContext) => Balancer>> = {
  "round-robin": (context) => new RoundRobinBalancer(context.random),
  ewma: (context) => new EwmaBalancer(context.clock, context.random),
};
