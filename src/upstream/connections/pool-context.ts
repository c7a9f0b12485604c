import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { DataPlaneSettings } from "../../model/settings.ts";
import type { EndpointTls, connectHttp1, connectHttp2, TimerWheel } from "../../wire/wire.ts";
import type { AnswerTimes } from "./answer-times.ts";
import type { AddressResolver } from "./resolver.ts";
import type { IdleConnections } from "./idle-connections.ts";

/** What all upstreams of one table share. */
export interface PoolContext {
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly connect: typeof connectHttp1;
  readonly connectHttp2: typeof connectHttp2;
  readonly resolver: AddressResolver;
  readonly idle: IdleConnections;
  /** Under which connections may be made. */
  readonly securities: ReadonlySet<EndpointTls>;
  /** What balancers know of endpoints. */
  readonly times: AnswerTimes;
  /** Goes into new session keys, as nginx's worker pid does. */
  readonly processId: number;
  /** Replaced, never changed, when the settings change. */
  keepalive: DataPlaneSettings["upstreamKeepalive"];
}
