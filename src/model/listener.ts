import type { TableId } from "./table.ts";

/** What serves the connections of a socket, or those of them that are for a host. All listeners of a socket have the same traffic. */
export interface Listener {
  readonly id: string;
  /** Id of its socket. */
  readonly socket: string;
  /**
   * Canonical host, `*.` with the end of names of any depth, or null for what no other listener of the socket takes. A connection with TLS
   * is for the server name that its client asks for, a request for the host that it names; the longest name that fits is the right one.
   */
  readonly host: string | null;
  readonly traffic: "http" | "https";
  /** Ids of the certificates that its clients may be shown, best first; null: each host of the table has its own. */
  readonly certificates: readonly string[] | null;
  /** Id of the table of hosts that it serves. */
  readonly table: TableId;
  /** True: a request for a host of another listener than that of its connection's server name is answered 421. */
  readonly misdirected: boolean;
}
