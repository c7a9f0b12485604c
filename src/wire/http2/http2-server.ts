import type { Socket } from "node:net";
import type { ClientConnection, RequestAcceptor } from "../seam/seam.ts";
import type { ServedConnection } from "../socket/served-connection.ts";
import type { Http2ServerOptions } from "./options.ts";
import { Http2ServerConnection } from "./server-connection.ts";

/**
 * Serves HTTP/2 (RFC 9113) on an accepted socket, plain or TLS, beginning with bytes that were already read from it. Takes the
 * socket over; the caller must not touch it any more.
 */
export function serveHttp2(
  socket: Socket,
  connection: ClientConnection,
  acceptor: RequestAcceptor,
  options: Http2ServerOptions,
  firstBytes: Buffer | null,
): ServedConnection {
  const served = new Http2ServerConnection(socket, connection, acceptor, options);
  if (firstBytes !== null) served.read(firstBytes);
  return served;
}
