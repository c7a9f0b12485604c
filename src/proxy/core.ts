import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { sendRequest, UpstreamRuntime } from "../upstream/upstream.ts";
import type { TimerWheel } from "../wire/wire.ts";
import type { ExchangeLog } from "./finish.ts";
import type { Limits } from "./limits/limits.ts";
import type { Runtime } from "./runtime.ts";

/** Everything an exchange needs that is not of its own request. One for each proxy. */
export interface ProxyCore {
  readonly runtime: Runtime;
  readonly upstreams: { get(id: string): UpstreamRuntime | undefined };
  readonly sendRequest: typeof sendRequest;
  readonly limits: Limits;
  readonly log: ExchangeLog;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly wheel: TimerWheel;
  readonly healthCheckPath: string;
  readonly noEndpointsHint: ((service: { namespace: string; name: string; port: string }) => string) | null;
  /** X-Forwarded-Port as text, by listener. */
  readonly forwardedPorts: { readonly http: string; readonly https: string };
}
