import type { WorkersReading } from "../observability/observability.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import { GAUGE } from "./messages.ts";
import type { WorkerLoad } from "./workers-contract.ts";

/** What workers that are no more leave behind. */
export interface FormerWorkers {
  readonly restarts: number;
  readonly acceptedConnections: number;
}

/** What the metrics want to know of the workers, from their gauges. */
export function readMembers(members: Iterable<WorkerHandle>, former: FormerWorkers): WorkersReading {
  const all = [...members];
  const sum = (gauge: number): number => all.reduce((total, { boot }) => total + (boot.gauges[gauge] ?? 0), 0);
  return {
    count: all.length,
    restarts: former.restarts,
    openConnections: sum(GAUGE.connections),
    acceptedConnections: former.acceptedConnections + all.reduce((total, member) => total + acceptedBy(member), 0),
    running: sum(GAUGE.running),
    idleUpstreamConnections: sum(GAUGE.idleUpstreamConnections),
    loopDelaysMicros: all.map(({ id, boot }) => [String(id), boot.gauges[GAUGE.loopDelayMicros] ?? 0]),
  };
}

/** The gauge is a signed number that wraps. */
export function acceptedBy({ boot }: WorkerHandle): number {
  return Atomics.load(boot.gauges, GAUGE.accepted) >>> 0;
}

export function loadOf(gauges: Int32Array): WorkerLoad {
  return {
    connections: Atomics.load(gauges, GAUGE.connections),
    loopDelayMicros: Atomics.load(gauges, GAUGE.loopDelayMicros),
  };
}
