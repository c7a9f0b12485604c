import type { Logger } from "../../lib/logger.ts";
import type { sendRequest } from "../../upstream/upstream.ts";
import type { TimerWheel } from "../../wire/wire.ts";
import type { Surroundings } from "../request/context.ts";
import type { ExchangeLog } from "./exchange-log.ts";

/** Everything an exchange needs that is not of its own request. One for each proxy. */
export interface ProxyCore extends Surroundings {
  readonly sendRequest: typeof sendRequest;
  readonly log: ExchangeLog;
  readonly logger: Logger;
  readonly wheel: TimerWheel;
}
