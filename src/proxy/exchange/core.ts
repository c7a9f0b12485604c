import type { Logger } from "../../lib/logger.ts";
import type { sendRequest } from "../../upstream/upstream.ts";
import type { ProxyContext, RequestContext } from "../request/context.ts";
import type { Hooks } from "../request/hooks.ts";
import type { ExchangeTracker } from "./exchange-tracker.ts";

/** Everything an exchange needs that is not of its own request. One for each proxy. */
export interface ProxyCore extends ProxyContext {
  readonly sendRequest: typeof sendRequest;
  readonly log: ExchangeTracker;
  readonly logger: Logger;
  /** Of every request, before those of its host and route. */
  readonly hooks: Hooks<RequestContext>;
}
