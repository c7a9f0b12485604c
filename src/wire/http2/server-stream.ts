import { constants, type ServerHttp2Stream } from "node:http2";
import { HeaderList } from "../header-list.ts";
import type { ClientConnection, RequestHead, ServerStream, ServerStreamHandler, Tunnel, WireError } from "../seam.ts";
import { UNKNOWN_LENGTH } from "../seam.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Http2ServerOptions } from "./options.ts";
import type { RequestFields } from "./request-fields.ts";
import { fieldBytes, informationalFields, isTrailerName, responseFields, trailerFields } from "./response-fields.ts";

/** What a stream asks of its connection. */
export interface StreamOwner {
  readonly connection: ClientConnection;
  readonly options: Http2ServerOptions;
  /** No new streams after this one. */
  drain(): void;
}

/** Above this, `write` says stop; with one chunk of an upstream read on top, a stream holds some 64 KiB. */
const WRITE_LIMIT_BYTES = 32_768;

const BODILESS_STATUSES = new Set([204, 205, 304]);

/** One request on an HTTP/2 connection. */
export class Http2ServerStream implements ServerStream {
  readonly request: RequestHead;
  readonly connection: ClientConnection;
  readonly bodyLengthBytes: number;
  readonly upgrade = null;
  readonly expectsContinue: boolean;
  handler: ServerStreamHandler = NO_HANDLER;
  bytesSent = 0;

  readonly #stream: ServerHttp2Stream;
  readonly #owner: StreamOwner;
  readonly #takesTrailers: boolean;
  readonly #hasBody: boolean;
  #bodyStarted = false;
  #bodyEnded = false;
  #bodyBytes = 0;
  #requestTrailers: HeaderList | null = null;
  #responseTrailers: HeaderList | null = null;
  #responseEnded = false;
  #blocked = false;
  /** The handler has heard the last of this stream. */
  #over = false;
  #bodyDeadline: Deadline | null = null;
  #sendDeadline: Deadline | null = null;

  constructor(stream: ServerHttp2Stream, fields: RequestFields, owner: StreamOwner) {
    this.#stream = stream;
    this.#owner = owner;
    this.#hasBody = !stream.endAfterHeaders;
    this.#takesTrailers = fields.takesTrailers;
    this.request = fields.head;
    this.connection = owner.connection;
    this.bodyLengthBytes = this.#hasBody ? fields.contentLength : 0;
    this.expectsContinue = fields.expectsContinue && this.#hasBody;
    stream.on("aborted", () => this.#onAborted());
    stream.on("error", (error) => this.#fail("malformed", error.message));
    stream.on("close", () => this.#onClose());
    stream.on("finish", () => this.#onFinish());
  }

  resumeBody(): void {
    if (this.#over || this.#bodyEnded) return;
    if (!this.#hasBody) {
      this.#endBody();
      return;
    }
    if (this.#bodyStarted) this.#stream.resume();
    else this.#startBody();
    this.#armBodyDeadline();
  }

  pauseBody(): void {
    if (!this.#bodyStarted) return;
    this.#stream.pause();
    if (this.#bodyDeadline !== null) this.#owner.options.wheel.disarm(this.#bodyDeadline);
  }

  sendInformational(status: number, headers: HeaderList): void {
    if (this.#stream.headersSent || this.#isGone) return;
    this.#stream.additionalHeaders(informationalFields(status, headers));
  }

  sendHead(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    if (this.#stream.headersSent || this.#isGone) return;
    const bodiless = this.request.method === "HEAD" || BODILESS_STATUSES.has(status);
    const fields = responseFields(status, headers, bodyLengthBytes, bodiless);
    // Trailers must be announced to node:http2 now, and cost a turn of the loop at the end: only for who asks for them.
    const waitForTrailers = this.#takesTrailers && bodyLengthBytes === UNKNOWN_LENGTH && !bodiless;
    if (waitForTrailers) this.#stream.on("wantTrailers", () => this.#sendTrailers());
    this.bytesSent += fieldBytes(fields);
    this.#stream.respond(fields, { endStream: bodiless || bodyLengthBytes === 0, waitForTrailers });
  }

  /** Frames leave at the end of each turn of the loop anyway. */
  flush(): void {}

  write(chunk: Uint8Array): boolean {
    const stream = this.#stream;
    if (chunk.length === 0 || this.#isGone || stream.writableEnded) return !this.#blocked;
    this.bytesSent += chunk.length;
    stream.write(chunk, this.#onWritten);
    this.#armSendDeadline();
    this.#blocked = stream.writableLength >= WRITE_LIMIT_BYTES;
    return !this.#blocked;
  }

  end(trailers: HeaderList | null): void {
    if (this.#responseEnded) return;
    this.#responseEnded = true;
    this.#responseTrailers = trailers;
    this.#settleBody();
    if (this.#isGone) return;
    if (this.#stream.writableFinished) this.#onFinish();
    else this.#armSendDeadline();
    this.#stream.end();
  }

  abort(): void {
    this.#over = true;
    this.#cut("aborted");
  }

  acceptUpgrade(): Tunnel {
    throw new Error("a stream of HTTP/2 has no connection to hand over");
  }

  closeAfterResponse(): void {
    this.#owner.drain();
  }

  get #isGone(): boolean {
    return this.#stream.closed || this.#stream.destroyed;
  }

  #startBody(): void {
    this.#bodyStarted = true;
    const stream = this.#stream;
    if (this.expectsContinue && !stream.headersSent && !this.#isGone) stream.additionalHeaders({ ":status": 100 });
    stream.on("trailers", (fields: object) => this.#takeTrailers(fields));
    stream.on("end", () => this.#onBodyEnd());
    stream.on("data", (chunk: Buffer) => this.#onBody(chunk));
  }

  #onBody(chunk: Buffer): void {
    if (this.#over || this.#responseEnded) return;
    this.#bodyBytes += chunk.length;
    this.#armBodyDeadline();
    this.handler.onBody(chunk);
  }

  /** A body that is not as long as it was said to be never counts as complete. */
  #onBodyEnd(): void {
    if (this.#over || this.#isCut) return;
    if (this.bodyLengthBytes !== UNKNOWN_LENGTH && this.#bodyBytes !== this.bodyLengthBytes) {
      this.#fail("malformed", "the body is not as long as its content-length");
      this.#cut("wrong content-length");
      return;
    }
    this.#endBody();
  }

  /** True when the stream ended by a reset, after which node:http2 ends the readable side as if all had come. */
  get #isCut(): boolean {
    return this.#stream.aborted || this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR;
  }

  #endBody(): void {
    this.#bodyEnded = true;
    this.#settleBody();
    if (!this.#responseEnded) this.handler.onBodyEnd(this.#requestTrailers);
  }

  /** No more of the body will be waited for; what comes after the response is read and dropped. */
  #settleBody(): void {
    if (this.#responseEnded && !this.#bodyEnded && this.#bodyStarted) this.#stream.resume();
    if (this.#bodyDeadline !== null) this.#owner.options.wheel.disarm(this.#bodyDeadline);
  }

  #takeTrailers(fields: object): void {
    const trailers = new HeaderList();
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === "string" && isTrailerName(name)) trailers.push(name, name, value);
    }
    if (trailers.length > 0) this.#requestTrailers = trailers;
  }

  #sendTrailers(): void {
    this.#stream.sendTrailers(this.#responseTrailers === null ? {} : trailerFields(this.#responseTrailers));
  }

  readonly #onWritten = (): void => {
    const stream = this.#stream;
    if (stream.writableLength === 0 && !this.#responseEnded) this.#disarmSendDeadline();
    else this.#armSendDeadline();
    if (!this.#blocked || stream.writableLength >= WRITE_LIMIT_BYTES) return;
    this.#blocked = false;
    if (!this.#over && !this.#responseEnded && !this.#isGone) this.handler.onDrain();
  };

  /** The whole response was framed. What the client still uploads is not wanted any more (RFC 9113 §8.1). */
  #onFinish(): void {
    this.#disarmSendDeadline();
    if (this.#responseEnded && this.#hasBody && !this.#bodyEnded) setImmediate(closeQuietly, this.#stream);
  }

  #onAborted(): void {
    this.#fail("reset", "the client reset the stream");
    // A stream that holds unread bytes is not closed before they are read.
    this.#stream.resume();
  }

  #onClose(): void {
    this.#disarmSendDeadline();
    const complete = this.#stream.headersSent && this.#stream.writableFinished && !this.#isCut;
    if (complete) this.#over = true;
    this.#fail("closed", "the connection was closed");
  }

  #fail(code: WireError["code"], detail: string): void {
    if (this.#bodyDeadline !== null) this.#owner.options.wheel.disarm(this.#bodyDeadline);
    if (this.#over || this.#responseEnded) return;
    this.#over = true;
    this.handler.onClose({ code, detail, requestSent: this.#bodyBytes > 0, responseStarted: this.#stream.headersSent });
  }

  /**
   * RST_STREAM(INTERNAL_ERROR). `close` with a code would first end the writable side, and the client would see a complete
   * response before the reset.
   */
  #cut(reason: string): void {
    if (!this.#stream.destroyed) this.#stream.destroy(new Error(reason));
  }

  #armBodyDeadline(): void {
    const { wheel, bodyTimeoutMs } = this.#owner.options;
    this.#bodyDeadline ??= new Deadline(() => this.#onBodyTimeout());
    wheel.arm(this.#bodyDeadline, bodyTimeoutMs);
  }

  #onBodyTimeout(): void {
    const answered = this.#stream.headersSent;
    this.#fail("read-timeout", "the request body stalled");
    if (answered || this.#isGone) {
      this.#cut("read timeout");
      return;
    }
    this.#stream.respond([":status", "408", "content-length", "0"], { endStream: true });
    setImmediate(closeQuietly, this.#stream);
  }

  #armSendDeadline(): void {
    const { wheel, sendTimeoutMs } = this.#owner.options;
    this.#sendDeadline ??= new Deadline(() => this.#onSendTimeout());
    wheel.arm(this.#sendDeadline, sendTimeoutMs);
  }

  #disarmSendDeadline(): void {
    if (this.#sendDeadline !== null) this.#owner.options.wheel.disarm(this.#sendDeadline);
  }

  #onSendTimeout(): void {
    this.#fail("send-timeout", "the client stopped reading");
    this.#cut("send timeout");
  }
}

/** Lets go of a stream whose response is complete; what was sent stays valid. */
export function closeQuietly(stream: ServerHttp2Stream): void {
  if (!stream.closed && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR);
}

const NO_HANDLER: ServerStreamHandler = { onBody: () => {}, onBodyEnd: () => {}, onDrain: () => {}, onClose: () => {} };
