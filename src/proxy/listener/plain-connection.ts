import type { Socket } from "node:net";
import { AcceptedConnection, type ConnectionContext } from "./accepted-connection.ts";
import { readFirstBytes } from "./first-bytes.ts";
import { prefaceBytesNeeded, startsWithPreface } from "./http2-preface.ts";

/** A connection to the HTTP port: HTTP/2 for a client that begins with its preface (prior knowledge), else HTTP/1.1. */
export function openPlainConnection(socket: Socket, context: ConnectionContext): AcceptedConnection {
  const connection = new AcceptedConnection(socket, context, context.options.firstByteTimeoutMs);
  if (context.options.useHttp2) {
    readFirstBytes(socket, prefaceBytesNeeded, (bytes) =>
      connection.serve(socket, startsWithPreface(bytes), null, bytes),
    );
  } else {
    connection.serve(socket, false, null, null);
  }
  return connection;
}
