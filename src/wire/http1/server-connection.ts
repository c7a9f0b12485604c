import type { Socket } from "node:net";
import { HeaderList } from "../header-list.ts";
import type { ClientConnection, RequestAcceptor, Tunnel, WireError } from "../seam.ts";
import type { ServedConnection } from "../served-connection.ts";
import { Deadline } from "../timer-wheel.ts";
import { BodyReader } from "./body-reader.ts";
import { dateLine } from "./date-line.ts";
import { ALLOWED_METHODS, formatErrorResponse } from "./error-response.ts";
import { HEAD_ERRORS, type HeadError } from "./head-error.ts";
import { HeadReader } from "./head-reader.ts";
import { InputBuffer } from "./input-buffer.ts";
import { OutBuffer } from "./out-buffer.ts";
import { RequestHeadParser } from "./request-head.ts";
import type { Http1ServerOptions } from "./server-options.ts";
import { Http1ServerStream, type StreamOwner } from "./server-stream.ts";
import { SocketPort, type SocketSink } from "./socket-port.ts";
import { SocketTunnel } from "./socket-tunnel.ts";

/** Bytes of later requests, or of early tunnel data, that are taken in while a response is pending. */
const HELD_LIMIT_BYTES = 16_384;
/** What is read and thrown away after the last response, so that a reset does not eat it. */
const LINGER_LIMIT_BYTES = 65_536;
const LINGER_MS = 1000;

/**
 * - `head`: between requests, or inside a request head
 * - `body`: a request is open and its body is not delivered to the end
 * - `response`: only the response is missing
 * - `closing`: everything was said; reading on only so that the client can read too
 */
type Phase = "head" | "body" | "response" | "closing" | "tunnel" | "closed";
type Waiting = "nothing" | "request" | "head" | "body" | "close";

/** Serves one HTTP/1.x client connection: requests strictly one after the other, answers in their order. */
export class Http1ServerConnection implements ServedConnection, SocketSink, StreamOwner {
  onClosed: (() => void) | null = null;
  readonly out: OutBuffer;
  readonly #port: SocketPort;
  readonly #connection: ClientConnection;
  readonly #acceptor: RequestAcceptor;
  readonly #options: Http1ServerOptions;
  readonly #input = new InputBuffer();
  readonly #parser: RequestHeadParser;
  readonly #head: HeadReader;
  readonly #body = new BodyReader();
  readonly #deadline: Deadline;
  #waiting: Waiting = "nothing";
  #stream: Http1ServerStream | null = null;
  #phase: Phase = "head";
  #served = 0;
  #persistent = false;
  #draining = false;
  #pumping = false;
  #peerEnded = false;
  #lingeredBytes = 0;

  constructor(socket: Socket, connection: ClientConnection, acceptor: RequestAcceptor, options: Http1ServerOptions) {
    this.#port = new SocketPort(socket, this);
    this.#connection = connection;
    this.#acceptor = acceptor;
    this.#options = options;
    this.#parser = new RequestHeadParser(options);
    this.#head = new HeadReader(this.#parser);
    this.#deadline = new Deadline(() => this.#onDeadline());
    this.out = new OutBuffer(socket, options.wheel, options.sendTimeoutMs, () =>
      this.#lose("send-timeout", "client takes nothing"),
    );
    this.#wait("head", options.headerTimeoutMs);
  }

  /** Begins to read. `firstBytes` were read from the socket already. */
  start(firstBytes: Buffer | null): void {
    if (firstBytes !== null && firstBytes.length > 0) {
      this.#input.push(firstBytes);
      // Not now: the caller has yet to learn of this connection.
      process.nextTick(() => this.#pump());
    }
    this.#port.readFromStream();
  }

  get busy(): boolean {
    if (this.#phase === "closed") return false;
    return this.#stream !== null || this.#phase === "tunnel" || this.#inHead || this.#port.socket.writableLength > 0;
  }

  drain(): void {
    this.#draining = true;
    if (this.#phase === "head" && !this.#inHead) this.#close();
  }

  destroy(): void {
    if (this.#phase !== "tunnel") this.#lose("aborted", "connection destroyed");
    this.#port.socket.destroy();
  }

  onSocketData(chunk: Buffer): void {
    if (this.#phase === "closed") return;
    if (this.#phase === "closing") {
      this.#lingeredBytes += chunk.length;
      if (this.#lingeredBytes > LINGER_LIMIT_BYTES) this.#port.socket.destroy();
      return;
    }
    this.#input.push(chunk);
    this.#pump();
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

  // What the open stream asks for.

  bodyWantedChanged(): void {
    this.#pump();
  }

  connectionLines(selfDelimiting: boolean): string {
    this.#persistent = selfDelimiting && this.#mayPersist();
    const date = dateLine(this.#options.wheel.clock.nowMs());
    if (!this.#persistent) return `Connection: close\r\n${date}`;
    return this.#parser.http10 ? `Connection: keep-alive\r\n${date}` : date;
  }

  responseEnded(): void {
    const closeRequested = this.#releaseStream()?.closeRequested === true;
    this.#dropBufferedBody();
    if (!this.#persistent || closeRequested || this.#draining || !this.#body.done) {
      this.#close();
      return;
    }
    this.#phase = "head";
    this.#parser.start();
    this.#head.start();
    this.#pump();
  }

  responseCut(): void {
    this.#releaseStream();
    this.#shut();
    this.#port.cut();
  }

  responseRefused(): void {
    this.#failExchange(HEAD_ERRORS.badResponseHead, "malformed");
  }

  startTunnel(): Tunnel {
    this.#releaseStream();
    this.#phase = "tunnel";
    this.#options.wheel.disarm(this.#deadline);
    return new SocketTunnel(this.#port, this.#input, () => this.onSocketClose());
  }

  // Reading.

  get #inHead(): boolean {
    return this.#phase === "head" && (this.#head.headBytes > 0 || this.#input.length > 0);
  }

  /** Uses up the input as far as the state of the exchange allows. Handlers may call back in; the loop then simply goes on. */
  #pump(): void {
    if (this.#pumping || this.#phase === "closed" || this.#phase === "tunnel") return;
    this.#pumping = true;
    while (this.#step()) {
      // Each turn used input or changed the phase.
    }
    this.#pumping = false;
    this.#settle();
  }

  #step(): boolean {
    if (this.#phase === "head") return this.#readHead();
    if (this.#phase === "body") return this.#readBody();
    // As nginx does: a client that closes its side does not wait for the answer any more.
    if (this.#phase === "response" && this.#peerEnded && this.#input.length === 0) {
      this.#lose("closed", "client closed before the response");
    }
    return false;
  }

  #readHead(): boolean {
    // Answers that the client does not take in hold up its further requests.
    if (this.out.blocked) return false;
    if (this.#input.length > 0) this.#head.read(this.#input);
    if (this.#head.error !== null) {
      this.#refuse(this.#head.error);
    } else if (this.#head.done) {
      this.#open();
      return true;
    } else if (this.#peerEnded) {
      if (this.#inHead) this.#refuse(HEAD_ERRORS.truncatedHead);
      else this.#close();
    }
    return false;
  }

  #open(): void {
    const parser = this.#parser;
    const { bodyLengthBytes } = parser;
    this.#served++;
    this.#waiting = "nothing";
    this.#phase = "body";
    this.#body.start(bodyLengthBytes === 0 ? "none" : bodyLengthBytes > 0 ? "length" : "chunked", bodyLengthBytes);
    const stream = new Http1ServerStream(this, this.#connection, parser.toHead(this.#head.headBytes), parser);
    this.#stream = stream;
    if (parser.target === "*") answerAsterisk(stream);
    else this.#acceptor.onRequest(stream);
  }

  #readBody(): boolean {
    const stream = this.#stream;
    if (stream === null) return false;
    if (!stream.bodyWanted) return false;
    if (this.#body.done) {
      this.#phase = "response";
      stream.handler.onBodyEnd(null);
      return true;
    }
    if (this.#input.length === 0) {
      if (this.#peerEnded) this.#lose("closed", "client closed inside the request body");
      return false;
    }
    const piece = this.#body.read(this.#input);
    if (this.#body.error !== null) this.#failExchange(this.#body.error, "malformed");
    else if (piece !== null) stream.handler.onBody(piece);
    return true;
  }

  /** A body that is here already need not cost the connection when nobody wants it. */
  #dropBufferedBody(): void {
    while (!this.#body.done && this.#body.error === null && this.#input.length > 0) this.#body.read(this.#input);
  }

  /** After the input was used as far as it goes: whether to read on, and how long to wait for more. */
  #settle(): void {
    const stream = this.#stream;
    const { bodyTimeoutMs, headerTimeoutMs, keepAliveMs } = this.#options;
    switch (this.#phase) {
      case "head":
        this.#readOn(this.#input.length === 0 || !this.out.blocked);
        if (this.#inHead) this.#wait("head", headerTimeoutMs);
        else if (this.#served > 0) this.#wait("request", keepAliveMs);
        return;
      case "body":
        this.#readOn(
          stream?.bodyWanted === true || (stream?.bodyStarted !== true && this.#input.length < HELD_LIMIT_BYTES),
        );
        this.#waiting = "nothing";
        if (stream?.bodyWanted === true) this.#wait("body", bodyTimeoutMs);
        return;
      case "response":
        this.#readOn(this.#input.length < HELD_LIMIT_BYTES);
        this.#waiting = "nothing";
        return;
      case "closing":
      case "tunnel":
      case "closed":
        return;
    }
  }

  #readOn(wanted: boolean): void {
    if (wanted) this.#port.resume();
    else this.#port.pause();
  }

  // Deadlines. One that fires in a phase that waits for nothing is a left-over and ignored: cheaper than disarming it each time.

  #wait(waiting: Waiting, ms: number): void {
    if (this.#waiting === waiting) return;
    this.#waiting = waiting;
    this.#options.wheel.arm(this.#deadline, ms);
  }

  #onDeadline(): void {
    switch (this.#waiting) {
      case "nothing":
        return;
      case "request":
        this.#close();
        return;
      case "head":
        if (this.#inHead) this.#refuse(HEAD_ERRORS.headTimeout);
        else this.#close();
        return;
      case "body":
        this.#failExchange(HEAD_ERRORS.bodyTimeout, "read-timeout");
        return;
      case "close":
        this.#port.socket.destroy();
        return;
    }
  }

  // Endings.

  #mayPersist(): boolean {
    const { keepAliveRequests } = this.#options;
    const stream = this.#stream;
    if (this.#draining || stream?.closeRequested === true || !this.#parser.persistent) return false;
    if (keepAliveRequests > 0 && this.#served >= keepAliveRequests) return false;
    return stream?.bodyStarted === true || this.#body.isBuffered(this.#input);
  }

  #refuse(error: HeadError): void {
    const { method, target } = this.#parser;
    this.out.text(formatErrorResponse(error, method, this.#options.wheel.clock.nowMs()));
    this.#close();
    this.#acceptor.onRefused(this.#connection, { status: error.status, code: error.code, method, target });
  }

  /** The exchange cannot go on: an error response if that is still possible, else a visible cut. */
  #failExchange(error: HeadError, code: WireError["code"]): void {
    const stream = this.#releaseStream();
    if (stream === null) return;
    if (stream.headSent) {
      this.#shut();
      this.#port.cut();
    } else {
      this.out.text(formatErrorResponse(error, stream.request.method, this.#options.wheel.clock.nowMs()));
      this.#close();
    }
    stream.handler.onClose({ code, detail: error.code, requestSent: false, responseStarted: stream.headSent });
  }

  /** The client is gone, or has to go. */
  #lose(code: WireError["code"], detail: string): void {
    if (this.#phase === "closed") return;
    const stream = this.#releaseStream();
    this.#shut();
    this.#port.socket.destroy();
    stream?.handler.onClose({ code, detail, requestSent: false, responseStarted: stream.headSent });
  }

  #releaseStream(): Http1ServerStream | null {
    const stream = this.#stream;
    this.#stream = null;
    stream?.detach();
    return stream;
  }

  /** Ends our side and lingers until the client ends its own. */
  #close(): void {
    this.#phase = "closing";
    this.#input.clear();
    this.out.flush();
    this.#port.resume();
    this.#wait("close", this.#options.sendTimeoutMs);
    this.#port.socket.end(() => {
      if (this.#phase === "closing") this.#options.wheel.arm(this.#deadline, LINGER_MS);
    });
  }

  #shut(): void {
    this.#phase = "closed";
    this.#input.clear();
    this.out.close();
    this.#options.wheel.disarm(this.#deadline);
  }
}

/** `OPTIONS *` asks about the server, not about a host (RFC 9110 §9.3.7). */
function answerAsterisk(stream: Http1ServerStream): void {
  stream.resumeBody();
  stream.sendHead(200, HeaderList.from([["Allow", ALLOWED_METHODS]]), 0);
  stream.end(null);
}
