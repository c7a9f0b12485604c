import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { canonicalServerName } from "../../lib/host-name.ts";
import { printable } from "../../lib/printable.ts";
import { readClientHello } from "../../tls/tls.ts";
import { AcceptedConnection, type ConnectionContext } from "./accepted-connection.ts";
import { describeHandshake } from "./handshake-failure.ts";
import { readFirstBytes } from "./first-bytes.ts";
import { answerPlainHttp, looksLikeHttp } from "./plain-http-answer.ts";
import type { ServingListener } from "./serving-listener.ts";
import { unreadInPieces } from "./unread.ts";

/** From accepting to the end of the handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/**
 * ALPN protocol lists in wire format (RFC 7301 §3.1), best first. A client that offers none of them gets an alert. Each
 * connection gets a copy of its own, which Node takes out of a pool of 64 KB and so holds on to, unless it is given a DataView.
 */
const HTTP2_AND_HTTP1 = viewOf("\u0002h2\u0008http/1.1");
const HTTP1_ONLY = viewOf("\u0008http/1.1");

/** A connection that begins with TLS, with the certificate of the name that the client asks for, then HTTP/2 or HTTP/1.1. */
export function openTlsConnection(
  socket: Socket,
  context: ConnectionContext,
  listener: ServingListener,
): AcceptedConnection {
  const connection = new AcceptedConnection(socket, context, listener, HANDSHAKE_TIMEOUT_MS);
  readFirstBytes(socket, helloBytesNeeded, (bytes) => {
    const hello = readClientHello(bytes);
    if (hello.kind === "plain") {
      refusePlain(connection, bytes);
      return;
    }
    const serverName = hello.kind === "hello" ? hello.serverName : "";
    if (chooseListener(connection, serverName)) startHandshake(connection, serverName, bytes);
  });
  return connection;
}

function helloBytesNeeded(bytes: Buffer): number {
  const hello = readClientHello(bytes);
  return hello.kind === "incomplete" ? hello.neededBytes : 0;
}

function refusePlain(connection: AcceptedConnection, bytes: Buffer): void {
  if (looksLikeHttp(bytes)) return answerPlainHttp(connection, bytes);
  connection.turnAway({ code: "tls-garbage", detail: "", serverName: "" });
  connection.socket.destroy();
}

/** False, and the connection is closed, where no listener is for the name. */
function chooseListener(connection: AcceptedConnection, serverName: string): boolean {
  const { listeners } = connection.context.place;
  const listener = listeners.only ?? listeners.find(canonicalServerName(serverName) ?? "");
  if (listener !== null) {
    connection.listener = listener;
    return true;
  }
  connection.turnAway({ code: "tls-no-listener", detail: "", serverName });
  connection.socket.destroy();
  return false;
}

function startHandshake(connection: AcceptedConnection, serverName: string, hello: Buffer): void {
  const { socket, options, context, listener } = connection;
  const { certificates } = context;
  const secureContext = contextOf(listener, serverName, context);
  if (secureContext === null) {
    connection.turnAway({ code: "tls-no-certificate", detail: "", serverName });
    socket.destroy();
    return;
  }
  // The TLS engine takes over what a paused socket holds; a flowing one would give it to nobody.
  socket.pause();
  unreadInPieces(socket, hello);
  const secured = new TLSSocket(socket, {
    isServer: true,
    requestCert: false,
    secureContext,
    ALPNProtocols: options.useHttp2 ? HTTP2_AND_HTTP1 : HTTP1_ONLY,
  });
  const turnAway = (code: string | undefined): void =>
    connection.turnAway(describeHandshake(code, serverName, certificates));
  // Asked for now: a closed socket does not tell any more.
  void socket.remoteAddress;
  secured.on("error", (error: NodeJS.ErrnoException) => {
    context.logger.debug({ client: socket.remoteAddress, code: error.code }, "TLS error");
    turnAway(error.code);
    socket.destroy();
  });
  const onClosed = (): void => turnAway(undefined);
  secured.once("close", onClosed);
  secured.once("secure", () => {
    secured.removeListener("close", onClosed);
    const tls = {
      serverName: canonicalServerName(serverName) ?? "",
      protocol: secured.getProtocol() ?? "",
      cipher: secured.getCipher().name,
    };
    // As tls.Server does for its own sockets.
    Object.assign(secured, { secureConnecting: false });
    connection.serve(secured, secured.alpnProtocol === "h2", tls, null);
  });
}

/** A mistake of ours in choosing a certificate may cost a connection, never the process: any client can ask for any name. */
function contextOf(
  { listener: { certificates: ids } }: ServingListener,
  serverName: string,
  context: ConnectionContext,
): SecureContext | null {
  const { certificates } = context;
  try {
    return ids === null ? certificates.contextFor(serverName) : certificates.contextAmong(ids, serverName);
  } catch (error) {
    context.logger.error({ serverName: printable(serverName), error }, "no certificate could be chosen");
    return null;
  }
}

function viewOf(latin1: string): DataView {
  const { buffer, byteOffset, length } = Buffer.from(latin1, "latin1");
  return new DataView(buffer, byteOffset, length);
}
