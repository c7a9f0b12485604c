import type { ConnectEvents, EndpointConnection, PendingConnection } from "../../wire/wire.ts";

/** The connections to one endpoint over one protocol. */
export interface EndpointPool {
  /** A connection that takes a request now, or null. The request must be sent before anything else happens. */
  take(): EndpointConnection | null;
  /** Opens a connection, or waits for one that is being opened; it takes a request when it is told. */
  connect(connectMs: number, events: ConnectEvents<EndpointConnection>): PendingConnection;
  /** Closes what is idle; what is in use finishes its requests and is then closed. */
  retire(): void;
}
