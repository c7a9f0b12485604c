import type { Socket } from "node:net";
import { nextTick } from "node:process";
import { UNKNOWN_LENGTH, type WireError } from "../seam/rules.ts";
import type { ClientConnection, RequestAcceptor, ServedConnection } from "../seam/server.ts";
import type { Tunnel } from "../seam/tunnel.ts";
import { ConnectionEnd } from "./connection-end.ts";
import { HEAD_ERRORS, type HeadError } from "../http/refusals.ts";
import { KeepAlive } from "./keep-alive.ts";
import { LINGER_SILENCE_MS } from "../socket/lingering-close.ts";
import { answerAsterisk } from "../seam/options-asterisk.ts";
import { OutBuffer } from "../socket/out-buffer.ts";
import { ReadDeadline, type Awaited } from "../socket/read-deadline.ts";
import { RequestSource } from "./request-source.ts";
import type { Http1ServerOptions } from "./server-options.ts";
import { Http1ServerStream, type StreamOwner } from "./server-stream.ts";
import { SocketPort, type SocketSink } from "../socket/socket-port.ts";
import { SocketTunnel } from "../socket/socket-tunnel.ts";

/** Bytes of later requests, or of early tunnel data, that are taken in while a response is pending. */
const HELD_LIMIT_BYTES = 16_384;
/**
 * A client that has ended its side may wait for the answer or be gone, which TCP does not tell: it is gone when it took nothing for so long.
 */
const HALF_CLOSED_MS = 5_000;

/**
 * - `head`: between requests, or inside a request head
 * - `body`: a request is open and its body is not delivered to the end
 * - `response`: only the response is missing
 * - `over`: the socket is closing, or has another owner
 */
type Phase = "head" | "body" | "response" | "tunnel" | "over";

/**
 * Takes an accepted socket (plain, or TLS after its handshake) and serves HTTP/1.0 and 1.1 on it until it is closed.
 * `firstBytes` were read from it already, say to tell protocols apart. Requests begin in a later iteration of the loop.
 */
export function serveHttp1(
  socket: Socket,
  connection: ClientConnection,
  { acceptor, options }: { readonly acceptor: RequestAcceptor; readonly options: Http1ServerOptions },
  firstBytes: Buffer | null,
): ServedConnection {
  const served = new Http1ServerConnection(socket, connection, acceptor, options);
  served.start(firstBytes);
  return served;
}

/** Serves one HTTP/1.x client connection: requests strictly one after the other, answers in their order. */
class Http1ServerConnection implements ServedConnection, SocketSink, StreamOwner {
  onClosed: (() => void) | null = null;
  readonly out: OutBuffer;
  readonly #port: SocketPort;
  readonly #connection: ClientConnection;
  readonly #acceptor: RequestAcceptor;
  readonly #options: Http1ServerOptions;
  readonly #source: RequestSource;
  readonly #keepAlive: KeepAlive;
  readonly #deadline: ReadDeadline;
  #stream: Http1ServerStream | null = null;
  #phase: Phase = "head";
  #pumping = false;
  #peerEnded = false;

  constructor(socket: Socket, connection: ClientConnection, acceptor: RequestAcceptor, options: Http1ServerOptions) {
    this.#port = new SocketPort(socket, this);
    this.#connection = connection;
    this.#acceptor = acceptor;
    this.#options = options;
    this.#source = new RequestSource(options);
    this.#keepAlive = new KeepAlive(options, this.#source);
    this.#deadline = new ReadDeadline(options.wheel, socket, (awaited) => this.#onDeadline(awaited));
    this.out = new OutBuffer(this.#port, options.wheel, options.sendTimeoutMs, () =>
      this.#lose("send-timeout", "client takes nothing"),
    );
    this.#deadline.await("head", options.headerTimeoutMs);
  }

  /** Begins to read. `firstBytes` were read from the socket already. */
  start(firstBytes: Buffer | null): void {
    // Not now: the caller has yet to learn of this connection.
    if (firstBytes !== null) nextTick(() => this.onSocketData(firstBytes, firstBytes.length));
    this.#port.read();
  }

  get busy(): boolean {
    if (this.#phase === "tunnel" || this.#stream !== null || this.#inHead) return true;
    return this.out.pending || this.#port.writer.waitingBytes > 0;
  }

  /** An idle connection is not closed on the spot: its client may have sent a request that is still on its way. */
  drain(): void {
    this.#keepAlive.draining = true;
    if (this.#phase === "head" && !this.#inHead) this.#deadline.restart("request", this.#keepAlive.idleMs);
  }

  destroy(): void {
    if (this.#phase !== "tunnel") this.#lose("aborted", "connection destroyed");
    this.#port.socket.destroy();
  }

  get takesLater(): boolean {
    return this.#phase === "head";
  }

  onSocketData(bytes: Buffer, length: number): void {
    if (this.#phase === "over") return;
    this.#source.input.receive(bytes, length);
    this.#pump();
    this.#source.input.detach();
  }

  onSocketEnd(): void {
    this.#peerEnded = true;
    this.#pump();
  }

  onSocketDrain(): void {
    this.out.drained();
    const stream = this.#stream;
    if (stream?.waitsForDrain === true) {
      stream.waitsForDrain = false;
      stream.handler.onDrain();
    }
    this.#pump();
  }

  onSocketError(error: NodeJS.ErrnoException): void {
    this.#lose("reset", error.code ?? error.message);
  }

  onSocketClose(): void {
    this.#lose("closed", "client closed the connection");
    this.onClosed?.();
  }

  bodyWantedChanged(): void {
    this.#pump();
  }

  connectionLines(selfDelimiting: boolean): string {
    return this.#stream === null ? "" : this.#keepAlive.linesFor(this.#stream, selfDelimiting);
  }

  responseEnded(): void {
    const stream = this.#releaseStream();
    this.#source.dropBufferedBody();
    if (stream === null || !this.#keepAlive.holdsAfter(stream)) return this.#leave().closeAfterExchange();
    this.#phase = "head";
    this.#source.next();
    this.#pump();
  }

  responseCut(): void {
    const stream = this.#releaseStream();
    if (stream !== null) this.#leave().cut(stream);
  }

  responseRefused(): void {
    this.#failExchange(HEAD_ERRORS.badResponseHead, "malformed");
  }

  startTunnel(): Tunnel {
    this.#releaseStream();
    this.#phase = "tunnel";
    this.#deadline.close();
    return new SocketTunnel(this.#port, this.#source.input, () => this.onSocketClose());
  }

  get #inHead(): boolean {
    return this.#phase === "head" && this.#source.headBegun;
  }

  /** Uses up the input as far as the state of the exchange allows. Handlers may call back in; the loop then simply goes on. */
  #pump(): void {
    if (this.#pumping || this.#phase === "over" || this.#phase === "tunnel") return;
    this.#pumping = true;
    while (this.#step());
    this.#pumping = false;
    this.#settle();
  }

  #step(): boolean {
    if (this.#phase === "head") return this.#readHead();
    if (this.#phase !== "body" || this.#stream === null) return false;
    if (this.#readBody()) return true;
    if (this.#peerEnded && this.#source.lacksBody) this.#lose("closed", "client closed inside the request body");
    return false;
  }

  #readHead(): boolean {
    // Answers that the client does not take in hold up its further requests.
    if (this.out.blocked) return false;
    const head = this.#source.readHead();
    if (head !== null && head.done && head.error === null) {
      this.#open(head.headBytes);
      return true;
    }
    if (head !== null && head.error !== null) this.#refuse(head.error);
    else if (this.#peerEnded && this.#inHead) this.#refuse(HEAD_ERRORS.truncatedHead);
    else if (this.#peerEnded) this.#leave().close(LINGER_SILENCE_MS.quiet);
    return false;
  }

  #open(headBytes: number): void {
    const { parser } = this.#source;
    this.#keepAlive.served++;
    this.#deadline.rest();
    this.#phase = "body";
    this.#source.openBody();
    const stream = new Http1ServerStream(this, this.#connection, parser.toHead(headBytes), parser);
    this.#stream = stream;
    if (parser.target !== "*") return this.#acceptor.onRequest(stream);
    stream.resumeBody();
    answerAsterisk(stream);
  }

  #readBody(): boolean {
    const stream = this.#stream;
    const { body, input } = this.#source;
    if (stream === null || !stream.bodyWanted) return false;
    if (body.done) {
      this.#phase = "response";
      stream.handler.onBodyEnd(null);
      return true;
    }
    if (input.length === 0) return false;
    const piece = body.read(input);
    stream.framingBytes = body.framingBytes;
    if (body.error !== null) this.#failExchange(body.error, "malformed");
    else if (piece !== null) stream.handler.onBody(piece);
    return true;
  }

  /** After the input was used as far as it goes: whether to read on, and how long to wait for more. */
  #settle(): void {
    const { bodyTimeoutMs, headerTimeoutMs } = this.#options;
    const held = this.#source.input.length;
    const stream = this.#stream;
    if (this.#phase === "head") {
      this.#port.reading = held === 0 || !this.out.blocked;
      if (held > 0 || this.#source.headBegun) this.#deadline.await("head", headerTimeoutMs);
      else if (this.#keepAlive.served > 0) this.#deadline.await("request", this.#keepAlive.idleMs);
    } else if (this.#phase === "response") {
      this.#port.reading = held < HELD_LIMIT_BYTES;
      this.#awaitNothing();
    } else if (this.#phase === "body" && stream !== null) {
      this.#port.reading = stream.bodyWanted || (!stream.bodyStarted && held < HELD_LIMIT_BYTES);
      const awaited = stream.bodyLengthBytes === UNKNOWN_LENGTH ? "stream" : "body";
      if (stream.bodyWanted) this.#deadline.restart(awaited, bodyTimeoutMs);
      else this.#awaitNothing();
    }
  }

  #onDeadline(awaited: Awaited): void {
    if (awaited === "answer") this.#judgeHalfClosed();
    else if (awaited === "body" || awaited === "stream") this.#failExchange(HEAD_ERRORS.bodyTimeout, "read-timeout");
    else if (awaited === "head" && this.#inHead) this.#refuse(HEAD_ERRORS.headTimeout);
    else this.#leave().close(LINGER_SILENCE_MS.quiet);
  }

  #awaitNothing(): void {
    if (this.#peerEnded) this.#deadline.await("answer", HALF_CLOSED_MS);
    else this.#deadline.rest();
  }

  #judgeHalfClosed(): void {
    if (this.out.blocked || this.#stream?.hasMoved() === true) this.#deadline.restart("answer", HALF_CLOSED_MS);
    else this.#lose("closed", "client closed before its answer");
  }

  #refuse(error: HeadError): void {
    const { answer, refusal } = this.#source.refuse(error, this.#options.wheel.clock.nowMs());
    this.#leave().answer(answer);
    this.#acceptor.onRefused(this.#connection, refusal);
  }

  /** The exchange cannot go on: an error response if that is still possible, else a visible cut. */
  #failExchange(error: HeadError, code: WireError["code"]): void {
    const stream = this.#releaseStream();
    if (stream === null) return;
    if (stream.headSent) this.#leave().cut(stream);
    else this.#leave().closeWith(error, stream.request.method);
    stream.handler.onClose({ code, detail: error.code, requestSent: false, responseStarted: stream.headSent });
  }

  /** The client is gone, or has to go. */
  #lose(code: WireError["code"], detail: string): void {
    if (this.#phase === "over") return;
    const stream = this.#releaseStream();
    this.#leave().leave();
    this.#port.socket.destroy();
    stream?.handler.onClose({ code, detail, requestSent: false, responseStarted: stream.headSent });
  }

  #releaseStream(): Http1ServerStream | null {
    const stream = this.#stream;
    this.#stream = null;
    stream?.detach();
    return stream;
  }

  /** The caller must end the connection with it. */
  #leave(): ConnectionEnd {
    this.#phase = "over";
    return new ConnectionEnd({
      port: this.#port,
      out: this.out,
      source: this.#source,
      deadline: this.#deadline,
      options: this.#options,
      onClosed: () => this.onClosed?.(),
    });
  }
}
