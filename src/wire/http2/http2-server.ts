import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { ClientConnection, RequestAcceptor } from "../seam.ts";
import type { ServedConnection } from "../served-connection.ts";
import { Deadline } from "../timer-wheel.ts";
import { sessionOptions, type Http2ServerOptions } from "./options.ts";
import { parseRequestFields, type RefusedFields } from "./request-fields.ts";
import { answerAsterisk, refuseStream } from "./refuse-stream.ts";
import { Http2ServerStream, type StreamContext } from "./server-stream.ts";

/** Frames that help nobody (pings, settings, refused requests) a connection may send per minute. */
const NUISANCE_LIMIT = 500;
const NUISANCE_PERIOD_MS = 60_000;
/** A client has this long to close its side once everything is over. */
const LINGER_MS = 2000;

/**
 * Serves HTTP/2 (RFC 9113) on an accepted socket, plain or TLS, beginning with bytes that were already read from it. Takes the
 * socket over; the caller must not touch it any more.
 *
 * Two things node:http2 does not let us do: a field with a forbidden character is dropped by it and the request goes on without,
 * where the RFC wants the stream refused; and a body that contradicts its content-length ends the whole connection, not only
 * its stream. Neither lets a doubtful byte through.
 */
export function serveHttp2(
  socket: Socket,
  connection: ClientConnection,
  acceptor: RequestAcceptor,
  options: Http2ServerOptions,
  firstBytes: Buffer | null,
): ServedConnection {
  if (firstBytes !== null) {
    // A flowing socket would give the bytes to nobody.
    socket.pause();
    socket.unshift(firstBytes);
  }
  return new Http2Connection(socket, connection, acceptor, options);
}

class Http2Connection implements ServedConnection, StreamContext {
  readonly connection: ClientConnection;
  readonly options: Http2ServerOptions;
  onClosed: (() => void) | null = null;

  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #acceptor: RequestAcceptor;
  readonly #idle: Deadline;
  #nuisancePeriod: Deadline | null = null;
  #nuisances = 0;
  #openStreams = 0;
  #requests = 0;

  constructor(socket: Socket, connection: ClientConnection, acceptor: RequestAcceptor, options: Http2ServerOptions) {
    this.connection = connection;
    this.options = options;
    this.#socket = socket;
    this.#acceptor = acceptor;
    this.#idle = new Deadline(() => this.#onIdle());
    socket.on("error", () => socket.destroy());
    const session = performServerHandshake(socket, sessionOptions(options.maxConcurrentStreams));
    this.#session = session;
    session.on("error", () => session.destroy());
    session.on("stream", (stream, _headers, _flags, fields) => this.#onStream(stream, fields));
    session.on("ping", () => this.#onNuisance());
    session.on("remoteSettings", () => this.#onNuisance());
    session.on("close", () => this.#onClose());
    options.wheel.arm(this.#idle, options.headerTimeoutMs);
  }

  get busy(): boolean {
    return this.#openStreams > 0;
  }

  /**
   * Refuses new streams, lets open ones finish, then closes. One GOAWAY with the real last stream: node:http2 ignores every
   * stream after its first GOAWAY, so that the announcement of RFC 9113 §6.8 (2^31-1 first) would only make clients wait; with
   * the real number they know at once which requests are safe to send again elsewhere.
   */
  drain(): void {
    if (this.#session.closed || this.#session.destroyed) return;
    this.#session.close();
    if (this.#openStreams === 0) this.options.wheel.arm(this.#idle, LINGER_MS);
  }

  destroy(): void {
    // Open streams get a reset that says so: without an error, what they have sent so far could pass for complete.
    if (this.busy) this.#session.destroy(new Error("closed"), constants.NGHTTP2_INTERNAL_ERROR);
    else this.#session.destroy();
    setImmediate(() => this.#socket.destroy());
  }

  #onStream(stream: ServerHttp2Stream, fields: readonly string[]): void {
    if (this.#openStreams++ === 0) this.options.wheel.disarm(this.#idle);
    stream.on("close", () => this.#onStreamClosed());
    const parsed = parseRequestFields(fields, this.options.underscoresInHeaders);
    if (!parsed.ok) {
      this.#refuse(stream, parsed.error);
      return;
    }
    if (parsed.value.head.target === "*") {
      stream.on("error", ignore);
      answerAsterisk(stream);
    } else {
      this.#acceptor.onRequest(new Http2ServerStream(stream, parsed.value, this));
    }
    this.#requests++;
    const { keepAliveRequests } = this.options;
    if (keepAliveRequests > 0 && this.#requests >= keepAliveRequests) this.drain();
  }

  #refuse(stream: ServerHttp2Stream, refused: RefusedFields): void {
    const { error, method, target } = refused;
    stream.on("error", ignore);
    refuseStream(stream, error, method);
    this.#acceptor.onRefused(this.connection, { status: error.status, code: error.code, method, target });
    this.#onNuisance();
  }

  #onStreamClosed(): void {
    this.#openStreams--;
    if (this.#openStreams > 0) return;
    this.options.wheel.arm(this.#idle, this.#session.closed ? LINGER_MS : this.options.keepAliveMs);
  }

  /** Idle for too long: say goodbye first, and cut the connection when nothing comes of that. */
  #onIdle(): void {
    if (this.#session.closed || this.#session.destroyed) this.destroy();
    else this.drain();
  }

  #onNuisance(): void {
    this.#nuisancePeriod ??= new Deadline(() => (this.#nuisances = 0));
    if (this.#nuisances++ === 0) this.options.wheel.arm(this.#nuisancePeriod, NUISANCE_PERIOD_MS);
    if (this.#nuisances <= NUISANCE_LIMIT || this.#session.destroyed) return;
    this.#session.destroy(new Error("too many frames of no use"), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #onClose(): void {
    const { wheel } = this.options;
    wheel.disarm(this.#idle);
    if (this.#nuisancePeriod !== null) wheel.disarm(this.#nuisancePeriod);
    this.#socket.destroy();
    this.onClosed?.();
  }
}

function ignore(): void {}
