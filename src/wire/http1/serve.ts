import type { Socket } from "node:net";
import type { ClientConnection, RequestAcceptor } from "../seam/seam.ts";
import type { ServedConnection } from "../socket/served-connection.ts";
import { Http1ServerConnection } from "./server-connection.ts";
import type { Http1ServerOptions } from "./server-options.ts";

/**
 * Takes an accepted socket (plain, or TLS after its handshake) and serves HTTP/1.0 and 1.1 on it until it is closed.
 * `firstBytes` were read from it already, say to tell protocols apart. Requests begin in a later turn of the loop.
 */
export function serveHttp1(
  socket: Socket,
  connection: ClientConnection,
  acceptor: RequestAcceptor,
  options: Http1ServerOptions,
  firstBytes: Buffer | null,
): ServedConnection {
  const served = new Http1ServerConnection(socket, connection, acceptor, options);
  served.start(firstBytes);
  return served;
}
