import type { Socket } from "node:net";
import { HeaderList } from "../http/header-list.ts";
import type { ClientConnection, RequestAcceptor, ServedConnection } from "../seam/server.ts";
import { Deadline } from "../loop/timer-wheel.ts";
import type { Closing } from "./closed-streams.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter, type WriteEvents } from "./frame-writer.ts";
import { CODE, DEFAULT_WINDOW_BYTES, FRAME, MAX_WINDOW_BYTES, PREFACE } from "./frames.ts";
import type { RequestVerdict } from "./judge-request.ts";
import { CONNECTION_WINDOW_BYTES, type Http2ServerOptions, openingSettings } from "./options.ts";
import { FrameHandler } from "./frame-handler.ts";
import type { FrameTarget } from "./frame-target.ts";
import { formatSettings } from "./peer-settings.ts";
import { answerAsterisk } from "../seam/options-asterisk.ts";
import { refusalPage } from "./refusal-page.ts";
import { probePayload } from "./probe.ts";
import type { RefusedFields, RequestFields } from "./request-fields.ts";
import type { SendQueue } from "./send-queue.ts";
import { Http2ServerStream } from "./server-stream.ts";
import type { EndedStream, StreamOwner } from "./stream-owner.ts";
import { StreamTable } from "./stream-table.ts";

/** A client has this long to close its side once everything is over. */
const LINGER_MS = 2000;
/** What may wait in the socket before streams wait instead; twice as much, and nothing more is read. */
const SOCKET_LIMIT_BYTES = 131_072;
/** Credit for the connection's window is given in steps of this. */
const WINDOW_STEP_BYTES = 262_144;

/**
 * Serves HTTP/2 (RFC 9113) on an accepted socket, plain or TLS, beginning with bytes that were already read from it. Takes the
 * socket over; the caller must not touch it any more.
 */
export function serveHttp2(
  socket: Socket,
  connection: ClientConnection,
  { acceptor, options }: { readonly acceptor: RequestAcceptor; readonly options: Http2ServerOptions },
  firstBytes: Buffer | null,
): ServedConnection {
  const served = new Http2ServerConnection(socket, connection, acceptor, options);
  if (firstBytes !== null) served.read(firstBytes);
  return served;
}

/** One client connection that speaks HTTP/2: its life, its windows and its streams. What frames mean is `FrameHandler`'s. */
class Http2ServerConnection implements ServedConnection, StreamOwner, FrameTarget, WriteEvents {
  readonly connection: ClientConnection;
  readonly options: Http2ServerOptions;
  readonly out: FrameWriter;
  readonly streams = new StreamTable();
  onClosed: (() => void) | null = null;
  streamWindowBytes = DEFAULT_WINDOW_BYTES;
  draining = false;
  open = true;
  readonly #socket: Socket;
  readonly #acceptor: RequestAcceptor;
  readonly #frames: FrameHandler;
  readonly #reader: FrameReader;
  readonly #idle: Deadline;
  readonly #stall: Deadline;
  #preface: Buffer | null = Buffer.alloc(0);
  /** DATA that the client takes, over all streams. */
  #sendWindowBytes = DEFAULT_WINDOW_BYTES;
  /** DATA that the client may still send, over all streams. */
  #receiveWindowBytes = CONNECTION_WINDOW_BYTES;
  #creditBytes = 0;
  #requests = 0;
  #closed = false;

  constructor(socket: Socket, connection: ClientConnection, acceptor: RequestAcceptor, options: Http2ServerOptions) {
    this.connection = connection;
    this.options = options;
    this.#socket = socket;
    this.#acceptor = acceptor;
    this.out = new FrameWriter(socket, this);
    this.#frames = new FrameHandler(this);
    this.#reader = new FrameReader(this.#frames);
    this.#idle = new Deadline(() => this.#onIdle());
    this.#stall = new Deadline(() => this.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#onClose());
    socket.on("end", () => this.#onEnd());
    options.wheel.arm(this.#idle, options.headerTimeoutMs);
    this.out.frame(FRAME.settings, 0, 0, formatSettings(openingSettings(options.maxConcurrentStreams)));
    this.out.word(FRAME.windowUpdate, 0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
    socket.on("data", (chunk: Buffer) => this.read(chunk));
  }

  get busy(): boolean {
    return this.streams.size > 0;
  }

  get sendableBytes(): number {
    return Math.min(this.#sendWindowBytes, SOCKET_LIMIT_BYTES - this.out.pendingBytes);
  }

  read(chunk: Buffer): void {
    if (!this.open) return;
    const rest = this.#preface === null ? chunk : this.#readPreface(chunk, this.#preface);
    if (rest !== null && this.open) this.#reader.push(rest);
    // A client that asks and does not take the answers is not listened to either.
    if (this.out.pendingBytes > SOCKET_LIMIT_BYTES * 2) this.#socket.pause();
  }

  /**
   * Refuses new streams, lets open ones finish, then closes. One GOAWAY with the real last stream: clients know at once which
   * requests are safe to send again elsewhere.
   */
  drain(): void {
    if (this.draining || !this.open) return;
    this.draining = true;
    this.out.goaway(this.#frames.lastStreamId, CODE.noError);
    if (!this.busy) this.#finish();
  }

  destroy(): void {
    if (this.open) {
      this.streams.cutAll();
      this.out.goaway(this.#frames.lastStreamId, CODE.internalError);
      this.out.flush();
    }
    this.open = false;
    setImmediate(() => this.#socket.destroy());
  }

  spend(bytes: number): void {
    this.#sendWindowBytes -= bytes;
  }

  wait(queue: SendQueue): void {
    this.streams.wait(queue);
  }

  consumed(bytes: number): void {
    this.#creditBytes += bytes;
    if (this.#creditBytes < WINDOW_STEP_BYTES || !this.open) return;
    this.out.word(FRAME.windowUpdate, 0, this.#creditBytes);
    this.#receiveWindowBytes += this.#creditBytes;
    this.#creditBytes = 0;
  }

  received(bytes: number): boolean {
    this.#receiveWindowBytes -= bytes;
    return this.#receiveWindowBytes >= 0;
  }

  widen(bytes: number): boolean {
    this.#sendWindowBytes += bytes;
    if (this.#sendWindowBytes > MAX_WINDOW_BYTES) return false;
    this.#pump();
    return true;
  }

  release(stream: EndedStream, closing: Closing): void {
    this.streams.remove(stream, closing);
    if (this.busy || !this.open) return;
    if (this.draining) this.#finish();
    else this.options.wheel.arm(this.#idle, this.options.keepAliveMs);
  }

  onBlocked(): void {
    if (!this.#stall.armed && !this.#closed) this.options.wheel.arm(this.#stall, this.options.sendTimeoutMs);
  }

  onWritten(): void {
    const { wheel, sendTimeoutMs } = this.options;
    if (this.#closed) return;
    if (this.#socket.writableLength > 0) wheel.arm(this.#stall, sendTimeoutMs);
    else wheel.disarm(this.#stall);
    if (this.#socket.isPaused() && this.out.pendingBytes <= SOCKET_LIMIT_BYTES) this.#socket.resume();
    this.#pump();
  }

  /** A PING whose answer tells that the client has read everything before it. */
  probe(streamId: number): void {
    this.out.frame(FRAME.ping, 0, 0, probePayload(streamId));
  }

  penalize(): void {
    this.#frames.countReset();
  }

  /** A request, or what only looks like one, begins a stream. */
  begin(streamId: number, verdict: Exclude<RequestVerdict, { kind: "reset" }>, remoteEnded: boolean): void {
    if (!this.busy) this.options.wheel.disarm(this.#idle);
    const fields = verdict.kind === "request" ? verdict.fields : emptyFields(verdict.refused);
    const stream = new Http2ServerStream(streamId, fields, remoteEnded, this);
    this.streams.add(stream);
    if (verdict.kind === "refused") this.#refuse(stream, verdict.refused);
    else if (fields.head.target === "*") answerAsterisk(stream);
    else this.#acceptor.onRequest(stream);
    this.#requests++;
    const { keepAliveRequests } = this.options;
    if (keepAliveRequests > 0 && this.#requests >= keepAliveRequests) this.drain();
  }

  /** The client broke the protocol: GOAWAY, and nothing more is read. */
  fail(code: number, detail: string): void {
    if (!this.open) return;
    this.#acceptor.onTurnedAway(this.connection, { code: "http2-protocol-error", detail, serverName: "" });
    this.out.goaway(this.#frames.lastStreamId, code);
    this.open = false;
    this.streams.vanishAll(detail);
    this.#finish();
  }

  #refuse(stream: Http2ServerStream, { error, method, target, headers, bytes: requestBytes }: RefusedFields): void {
    stream.refuse(error);
    const { bytesSent: responseBytes } = stream;
    const { status, code } = error;
    this.#acceptor.onRefused(this.connection, {
      status,
      code,
      method,
      target,
      requestBytes,
      responseBytes,
      headers,
      requestLine: "",
      httpVersion: "2.0",
      bodyBytes: refusalPage(error).body.length,
    });
  }

  /** Null until the preface is whole. */
  #readPreface(chunk: Buffer, before: Buffer): Buffer | null {
    const bytes = before.length === 0 ? chunk : Buffer.concat([before, chunk]);
    const length = Math.min(bytes.length, PREFACE.length);
    if (!bytes.subarray(0, length).equals(PREFACE.subarray(0, length))) {
      this.fail(CODE.protocolError, "no HTTP/2 preface");
      return null;
    }
    this.#preface = length < PREFACE.length ? bytes : null;
    return length < PREFACE.length ? null : bytes.subarray(PREFACE.length);
  }

  #pump(): void {
    this.streams.pump(() => this.open && this.sendableBytes > 0);
  }

  /** Everything is said: our side ends, and the client has a moment to end its own. */
  #finish(): void {
    this.out.flush();
    this.open = false;
    this.#socket.end();
    if (!this.#closed) this.options.wheel.arm(this.#idle, LINGER_MS);
  }

  /** Idle for too long: say goodbye first, and cut the connection when the client does not react, unless it still takes bytes. */
  #onIdle(): void {
    if (this.open && !this.draining) this.drain();
    else if (this.#stall.armed) this.options.wheel.arm(this.#idle, LINGER_MS);
    else this.destroy();
  }

  /** A client that half-closes takes its streams with it: no HTTP/2 client waits for answers like that. */
  #onEnd(): void {
    this.open = false;
    this.streams.vanishAll("the client closed the connection");
    this.#socket.destroy();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.open = false;
    this.options.wheel.disarm(this.#idle);
    this.options.wheel.disarm(this.#stall);
    this.streams.vanishAll("the connection was closed");
    this.onClosed?.();
  }
}

function emptyFields({ method }: RefusedFields): RequestFields {
  const headers = new HeaderList();
  const head = {
    method,
    target: "",
    sentTarget: "",
    authority: "",
    host: "",
    httpVersion: "2.0",
    headers,
    headBytes: 0,
  } as const;
  return { head, contentLength: -1, expectsContinue: false, takesTrailers: false };
}
