import type { Socket } from "node:net";
import { AcceptedConnection, type ConnectionContext } from "./accepted-connection.ts";
import { readFirstBytes } from "./first-bytes.ts";
import { prefaceBytesNeeded, startsWithPreface } from "./http2-preface.ts";
import type { ServingListener } from "./serving-listener.ts";

/** A connection without TLS: HTTP/2 for a client that begins with its preface (prior knowledge), else HTTP/1.1. */
export function openPlainConnection(
  socket: Socket,
  context: ConnectionContext,
  listener: ServingListener,
): AcceptedConnection {
  const connection = new AcceptedConnection(socket, context, listener, context.options.firstByteTimeoutMs);
  if (context.options.useHttp2) {
    readFirstBytes(socket, prefaceBytesNeeded, (bytes) =>
      connection.serve(socket, startsWithPreface(bytes), null, bytes),
    );
  } else {
    connection.serve(socket, false, null, null);
  }
  return connection;
}
