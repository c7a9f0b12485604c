import { nextTick } from "node:process";
import type { ConnectEvents, EndpointConnection, PendingConnection, WireError } from "../../wire/wire.ts";
import type { EndpointPool } from "./endpoint-pool.ts";

const NOT_SURE: WireError = {
  code: "tls-failed",
  detail: "what the endpoint must be made sure of by is not there, or cannot be used",
  requestSent: false,
  responseStarted: false,
};

/** In place of connections that must not be made. */
export const UNREACHABLE: EndpointPool = {
  take: () => null,
  connect: (_connectMs, events) => new Refusal(events),
  retire: () => {},
};

class Refusal implements PendingConnection {
  #events: ConnectEvents<EndpointConnection> | null;

  constructor(events: ConnectEvents<EndpointConnection>) {
    this.#events = events;
    nextTick(() => this.#events?.onFailed(NOT_SURE));
  }

  cancel(): void {
    this.#events = null;
  }
}
