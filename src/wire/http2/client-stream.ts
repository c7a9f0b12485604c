import { type ClientHttp2Stream, constants } from "node:http2";
import { addAbortSignal } from "node:stream";
import type { HeaderList } from "../http/header-list.ts";
import { InterimBudget } from "../http/interim-budget.ts";
import type { AttemptTimeouts, ClientRequestHead, ClientStream, ClientStreamHandler } from "../seam/client.ts";
import { UNKNOWN_LENGTH, type WireError } from "../seam/rules.ts";
import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";
import { parseResponseFields, parseTrailerFields, type ResponseFields } from "./client-fields.ts";

/** What a stream needs from the session it is on. */
export interface StreamSession {
  readonly wheel: TimerWheel;
  /** Streams with a higher id were never looked at by the endpoint (RFC 9113 §6.8). */
  readonly lastProcessedId: number;
  /** A deadline passed: the whole connection may be dead. */
  suspect(): void;
}

/** Circumstances of one request. */
export interface StreamFacts {
  readonly reusedConnection: boolean;
  readonly connectMs: number;
  readonly timeouts: AttemptTimeouts;
}

/** Above this, `write` says stop. */
const WRITE_LIMIT_BYTES = 32_768;
/** Destroying with it makes node:http2 send RST_STREAM(CANCEL) and, other than `close`, no END_STREAM before. */
const CANCELLED = AbortSignal.abort();

/** One request on an HTTP/2 connection to an endpoint, and its response. */
export class Http2ClientStream implements ClientStream {
  readonly reusedConnection: boolean;
  readonly connectMs: number;
  readonly #stream: ClientHttp2Stream;
  readonly #session: StreamSession;
  readonly #head: ClientRequestHead;
  readonly #handler: ClientStreamHandler;
  readonly #timeouts: AttemptTimeouts;
  readonly #readDeadline: Deadline;
  #sendDeadline: Deadline | null = null;
  #interim: InterimBudget | null = null;
  #trailers: HeaderList | null = null;
  /** Bytes of the request body still to come; UNKNOWN_LENGTH when it is open-ended. */
  #left: number;
  /** Bytes of the response body still to come; UNKNOWN_LENGTH when none were declared. */
  #owed = UNKNOWN_LENGTH;
  #bodyWanted = true;
  #requestEnded = false;
  #responseStarted = false;
  #blocked = false;
  /** The handler hears nothing more. */
  #done = false;

  constructor(
    stream: ClientHttp2Stream,
    session: StreamSession,
    { head, handler }: { readonly head: ClientRequestHead; readonly handler: ClientStreamHandler },
    facts: StreamFacts,
  ) {
    this.#stream = stream;
    this.#session = session;
    this.#head = head;
    this.#handler = handler;
    this.#timeouts = facts.timeouts;
    this.reusedConnection = facts.reusedConnection;
    this.connectMs = facts.connectMs;
    this.#left = head.bodyLengthBytes;
    this.#readDeadline = new Deadline(() => this.#expire("read-timeout", "endpoint sends nothing"));
    stream.on("headers", (_headers, _flags, fields: string[]) => this.#onInterim(fields));
    stream.on("response", (_headers, flags, fields) => this.#onResponse(flags, fields));
    stream.on("trailers", (_trailers, _flags, fields: string[]) => (this.#trailers = parseTrailerFields(fields)));
    stream.on("error", (error) => this.#lose(error.message));
    stream.on("close", () => this.#lose("the stream was closed"));
  }

  write(chunk: Uint8Array): boolean {
    if (this.#done || this.#requestEnded || chunk.length === 0) return true;
    if (this.#left !== UNKNOWN_LENGTH) {
      this.#left -= chunk.length;
      if (this.#left < 0) {
        this.#misframed();
        return true;
      }
    }
    this.#stream.write(chunk, this.#onWritten);
    if (this.#sendDeadline?.armed !== true) this.#armSendDeadline();
    this.#blocked = this.#stream.writableLength >= WRITE_LIMIT_BYTES;
    return !this.#blocked;
  }

  /** Request trailers are not sent: nothing that this proxy takes them from may have them. */
  end(_trailers: HeaderList | null): void {
    if (this.#done || this.#requestEnded) return;
    if (this.#left > 0) {
      this.#misframed();
      return;
    }
    this.#requestEnded = true;
    this.#stream.end();
    this.#armReadDeadline();
  }

  pauseBody(): void {
    this.#bodyWanted = false;
    if (this.#done) return;
    if (this.#responseStarted) this.#stream.pause();
    this.#session.wheel.disarm(this.#readDeadline);
  }

  resumeBody(): void {
    this.#bodyWanted = true;
    if (this.#done) return;
    if (this.#responseStarted) this.#stream.resume();
    this.#armReadDeadline();
  }

  abort(): void {
    this.#finish();
    this.#cancel();
  }

  #onInterim(fields: readonly string[]): void {
    if (this.#done) return;
    const head = parseResponseFields(fields);
    this.#interim ??= new InterimBudget();
    if (head === null) this.#breakOff("malformed", "an interim response that is none");
    else if (!this.#interim.spend(head.bytes)) this.#breakOff("too-large", "too many interim responses");
    else if (head.status !== 100) this.#handler.onInformational(head.status, head.headers);
  }

  #onResponse(flags: number, fields: readonly string[]): void {
    if (this.#done || this.#responseStarted) return;
    const head = parseResponseFields(fields);
    const endsHere = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    this.#responseStarted = true;
    if (head === null || head.status < 200) {
      this.#breakOff("malformed", "a response head that cannot be read");
      return;
    }
    this.#armReadDeadline();
    this.#handler.onHead(head.status, head.headers, this.#bodyLength(head, endsHere));
    if (this.#done) return;
    const stream = this.#stream;
    stream.on("end", () => this.#onEnd());
    stream.on("data", this.#onData);
    if (!this.#bodyWanted) stream.pause();
  }

  /** An answer to HEAD, or a 304, tells its length among its fields. */
  #bodyLength({ status, contentLength, headers }: ResponseFields, endsHere: boolean): number {
    const bodiless = this.#head.method === "HEAD" || status === 204 || status === 304;
    if (bodiless && contentLength > 0 && status !== 204) headers.append("Content-Length", String(contentLength));
    this.#owed = bodiless || endsHere ? 0 : contentLength;
    return this.#owed;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#done) return;
    if (this.#owed !== UNKNOWN_LENGTH) {
      this.#owed -= chunk.length;
      if (this.#owed < 0) {
        this.#breakOff("malformed", "more body than was declared");
        return;
      }
    }
    this.#armReadDeadline();
    this.#handler.onBody(chunk);
  };

  /** After a reset node:http2 ends the readable side as if all had come. */
  #onEnd(): void {
    if (this.#done) return;
    if (this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR || this.#owed > 0) {
      this.#lose("the response was broken off");
      return;
    }
    this.#finish();
    // An answer before the end of the request: what would still be sent is of no use to the endpoint.
    if (!this.#requestEnded) this.#cancel();
    this.#handler.onEnd(this.#trailers);
  }

  readonly #onWritten = (): void => {
    if (this.#done) return;
    const pendingBytes = this.#stream.writableLength;
    if (pendingBytes > 0) this.#armSendDeadline();
    else if (this.#sendDeadline !== null) this.#session.wheel.disarm(this.#sendDeadline);
    if (!this.#blocked || pendingBytes >= WRITE_LIMIT_BYTES) return;
    this.#blocked = false;
    this.#handler.onDrain();
  };

  #misframed(): void {
    this.#breakOff("malformed", "request body differs from its declared length");
  }

  #expire(code: "read-timeout" | "send-timeout", detail: string): void {
    this.#breakOff(code, detail);
    this.#session.suspect();
  }

  #breakOff(code: WireError["code"], detail: string): void {
    this.#fail(code, detail, true);
    this.#cancel();
  }

  /** The endpoint, or the connection, ended the stream. What the endpoint says it never looked at may be sent again. */
  #lose(detail: string): void {
    const { rstCode, id } = this.#stream;
    const refused = rstCode === constants.NGHTTP2_REFUSED_STREAM;
    if (refused || (id !== undefined && id > this.#session.lastProcessedId)) {
      this.#fail("stream-refused", detail, false);
      return;
    }
    // Without a number it was never sent.
    this.#fail(rstCode === constants.NGHTTP2_NO_ERROR ? "closed" : "reset", detail, id !== undefined);
  }

  #fail(code: WireError["code"], detail: string, requestSent: boolean): void {
    if (this.#done) return;
    this.#finish();
    this.#handler.onError({ code, detail, requestSent, responseStarted: this.#responseStarted });
  }

  #finish(): void {
    this.#done = true;
    this.#session.wheel.disarm(this.#readDeadline);
    if (this.#sendDeadline !== null) this.#session.wheel.disarm(this.#sendDeadline);
  }

  #cancel(): void {
    if (!this.#stream.destroyed) addAbortSignal(CANCELLED, this.#stream);
  }

  /** Runs while an answer is owed and the handler takes it; whatever comes starts it anew. */
  #armReadDeadline(): void {
    const { wheel } = this.#session;
    const owed = this.#requestEnded || this.#responseStarted;
    if (owed && this.#bodyWanted) wheel.arm(this.#readDeadline, this.#timeouts.readMs);
    else wheel.disarm(this.#readDeadline);
  }

  #armSendDeadline(): void {
    this.#sendDeadline ??= new Deadline(() => this.#expire("send-timeout", "endpoint takes nothing"));
    this.#session.wheel.arm(this.#sendDeadline, this.#timeouts.sendMs);
  }
}
