import type { Upstream } from "../../model/upstream.ts";
import type { Balancer } from "./balancer.ts";
import { EwmaBalancer } from "./ewma.ts";
import type { PoolContext } from "../connections/pool-context.ts";
import { RoundRobinBalancer } from "./round-robin.ts";

/** A balancer of the upstream's kind, still without endpoints. */
export function openBalancer(upstream: Upstream, context: PoolContext): Balancer {
  return BALANCERS[upstream.balancer](context, upstream.id);
}

const BALANCERS: Readonly<Record<Upstream["balancer"], (context: PoolContext, upstreamId: string) => Balancer>> = {
  "round-robin": (context) => new RoundRobinBalancer(context.random),
  ewma: ({ times, clock, random }, upstreamId) => new EwmaBalancer({ upstreamId, times, clock, random }),
};
