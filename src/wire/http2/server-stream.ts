import { constants, type ServerHttp2Stream } from "node:http2";
import type { HeaderList } from "../header-list.ts";
import { HEAD_ERRORS } from "../http1/head-error.ts";
import {
  type ClientConnection,
  type RequestHead,
  type ServerStream,
  type ServerStreamHandler,
  type Tunnel,
  UNKNOWN_LENGTH,
  type WireError,
} from "../seam.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Http2ServerOptions } from "./options.ts";
import { refuseStream } from "./refuse-stream.ts";
import { type BodyReceiver, RequestBody } from "./request-body.ts";
import type { RequestFields } from "./request-fields.ts";
import { fieldBytes, informationalFields, responseFields, trailerFields } from "./response-fields.ts";

/** What the streams of one connection share. */
export interface StreamContext {
  readonly connection: ClientConnection;
  readonly options: Http2ServerOptions;
}

/** Above this, `write` says stop; with one chunk of an upstream read on top, a stream holds some 64 KiB. */
const WRITE_LIMIT_BYTES = 32_768;

const BODILESS_STATUSES = new Set([204, 205, 304]);
const NO_HANDLER: ServerStreamHandler = { onBody: () => {}, onBodyEnd: () => {}, onDrain: () => {}, onClose: () => {} };

/** One request on an HTTP/2 connection, and its response. */
export class Http2ServerStream implements ServerStream, BodyReceiver {
  readonly request: RequestHead;
  readonly connection: ClientConnection;
  readonly bodyLengthBytes: number;
  readonly upgrade = null;
  readonly expectsContinue: boolean;
  handler: ServerStreamHandler = NO_HANDLER;
  bytesSent = 0;

  readonly #stream: ServerHttp2Stream;
  readonly #options: Http2ServerOptions;
  readonly #body: RequestBody;
  readonly #takesTrailers: boolean;
  #trailers: HeaderList | null = null;
  /** Declared bytes of the response that are still to come; UNKNOWN_LENGTH when none were declared. */
  #left = UNKNOWN_LENGTH;
  #blocked = false;
  /** The handler has nothing more to say, and hears nothing more. */
  #ended = false;
  #sendDeadline: Deadline | null = null;

  constructor(stream: ServerHttp2Stream, fields: RequestFields, context: StreamContext) {
    this.#stream = stream;
    this.#options = context.options;
    this.#takesTrailers = fields.takesTrailers;
    this.#body = new RequestBody(stream, fields.contentLength, context.options, this);
    this.request = fields.head;
    this.connection = context.connection;
    this.bodyLengthBytes = this.#body.lengthBytes;
    this.expectsContinue = fields.expectsContinue && this.#body.expected;
    stream.on("aborted", () => this.#lose("reset", "the client reset the stream"));
    stream.on("error", (error) => this.#lose("malformed", error.message));
    stream.on("finish", () => this.#onFinish());
    stream.on("close", () => this.#onClose());
  }

  resumeBody(): void {
    if (this.#ended) return;
    const continues = this.expectsContinue && !this.#body.started && !this.#stream.headersSent && !this.#isGone;
    if (continues) this.#stream.additionalHeaders({ ":status": 100 });
    this.#body.resume();
  }

  pauseBody(): void {
    this.#body.pause();
  }

  sendInformational(status: number, headers: HeaderList): void {
    if (this.#stream.headersSent || this.#isGone || status < 102 || status > 199) return;
    const fields = informationalFields(status, headers);
    if (fields !== null) this.#stream.additionalHeaders(fields);
  }

  sendHead(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    if (this.#stream.headersSent || this.#isGone) return;
    const bodiless = this.request.method === "HEAD" || BODILESS_STATUSES.has(status);
    const fields = responseFields(status, headers, bodyLengthBytes, bodiless);
    if (fields === null) {
      refuseStream(this.#stream, HEAD_ERRORS.badResponseHead, this.request.method);
      this.#lose("malformed", HEAD_ERRORS.badResponseHead.code);
      return;
    }
    this.#left = bodiless ? 0 : bodyLengthBytes;
    // Trailers must be announced to node:http2 now, and cost a turn of the loop at the end: only for who asks for them.
    const waitForTrailers = this.#takesTrailers && bodyLengthBytes === UNKNOWN_LENGTH && !bodiless;
    if (waitForTrailers) this.#stream.on("wantTrailers", () => this.#sendTrailers());
    this.bytesSent += fieldBytes(fields);
    this.#stream.respond(fields, { endStream: this.#left === 0, waitForTrailers });
  }

  write(chunk: Uint8Array): boolean {
    const stream = this.#stream;
    if (chunk.length === 0 || this.#ended || this.#isGone || stream.writableEnded) return true;
    if (this.#left !== UNKNOWN_LENGTH) {
      this.#left -= chunk.length;
      if (this.#left < 0) {
        this.abort();
        return true;
      }
    }
    this.bytesSent += chunk.length;
    stream.write(chunk, this.#onWritten);
    this.#awaitProgress();
    this.#blocked = stream.writableLength >= WRITE_LIMIT_BYTES;
    return !this.#blocked;
  }

  end(trailers: HeaderList | null): void {
    if (this.#ended) return;
    if (!this.#stream.headersSent || this.#left > 0) {
      this.abort();
      return;
    }
    this.#ended = true;
    this.#trailers = trailers;
    this.#body.discard();
    if (this.#isGone) return;
    if (this.#stream.writableFinished) this.#onFinish();
    else this.#awaitProgress();
    this.#stream.end();
  }

  abort(): void {
    this.#ended = true;
    this.#body.discard();
    this.#cut("aborted");
  }

  acceptUpgrade(): Tunnel {
    throw new Error("acceptUpgrade on a stream that offers no upgrade");
  }

  /** Nothing to do: a stream ends without leaving the framing of others in doubt, and a drain says GOAWAY itself. */
  closeAfterResponse(): void {}

  onBodyChunk(chunk: Buffer): void {
    this.handler.onBody(chunk);
  }

  onBodyComplete(trailers: HeaderList | null): void {
    this.handler.onBodyEnd(trailers);
  }

  onBodyBroken(code: WireError["code"], detail: string): void {
    const { headersSent } = this.#stream;
    if (headersSent || code !== "read-timeout" || this.#isGone) this.#cut(detail);
    else refuseStream(this.#stream, HEAD_ERRORS.bodyTimeout, this.request.method);
    this.#lose(code, detail, headersSent);
  }

  get #isGone(): boolean {
    return this.#stream.closed || this.#stream.destroyed;
  }

  #sendTrailers(): void {
    this.#stream.sendTrailers((this.#trailers === null ? null : trailerFields(this.#trailers)) ?? {});
  }

  readonly #onWritten = (): void => {
    const pendingBytes = this.#stream.writableLength;
    if (pendingBytes === 0 && !this.#ended) this.#disarmSendDeadline();
    else this.#armSendDeadline();
    if (!this.#blocked || pendingBytes >= WRITE_LIMIT_BYTES) return;
    this.#blocked = false;
    if (!this.#ended && !this.#isGone) this.handler.onDrain();
  };

  /** The whole response was framed. What the client still uploads is not wanted any more (RFC 9113 §8.1). */
  #onFinish(): void {
    this.#disarmSendDeadline();
    if (this.#ended && this.#body.expected && !this.#body.ended) setImmediate(closeQuietly, this.#stream);
  }

  #onClose(): void {
    this.#disarmSendDeadline();
    const { headersSent, writableFinished, rstCode, aborted } = this.#stream;
    const complete = headersSent && writableFinished && !aborted && rstCode === constants.NGHTTP2_NO_ERROR;
    if (complete) this.#ended = true;
    this.#lose("closed", "the connection was closed");
  }

  /** The exchange cannot be completed: the handler hears of it, once. */
  #lose(code: WireError["code"], detail: string, responseStarted = this.#stream.headersSent): void {
    // A stream that holds unread bytes is not closed before they are read.
    this.#body.discard();
    if (this.#ended) return;
    this.#ended = true;
    this.handler.onClose({ code, detail, requestSent: false, responseStarted });
  }

  /**
   * RST_STREAM(INTERNAL_ERROR). `close` with a code would first end the writable side, and the client would see a complete
   * response before the reset.
   */
  #cut(reason: string): void {
    if (!this.#stream.destroyed) this.#stream.destroy(new Error(reason));
  }

  /** More to send does not win a client that takes nothing more time. */
  #awaitProgress(): void {
    if (this.#sendDeadline?.armed !== true) this.#armSendDeadline();
  }

  #armSendDeadline(): void {
    this.#sendDeadline ??= new Deadline(() => this.#onSendTimeout());
    this.#options.wheel.arm(this.#sendDeadline, this.#options.sendTimeoutMs);
  }

  #disarmSendDeadline(): void {
    if (this.#sendDeadline !== null) this.#options.wheel.disarm(this.#sendDeadline);
  }

  #onSendTimeout(): void {
    this.#lose("send-timeout", "the client stopped reading");
    this.#cut("send timeout");
  }
}

/** Lets go of a stream whose response is complete; what was sent stays valid. */
function closeQuietly(stream: ServerHttp2Stream): void {
  if (!stream.closed && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR);
}
