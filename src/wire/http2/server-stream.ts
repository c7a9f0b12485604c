import type { HeaderList } from "../http/header-list.ts";
import { HEAD_ERRORS, type HeadError } from "../http/refusals.ts";
import { toOwned } from "../socket/read-buffer.ts";
import { UNKNOWN_LENGTH, type WireError } from "../seam/rules.ts";
import {
  NO_HANDLER,
  type ClientConnection,
  type RequestHead,
  type ServerStream,
  type ServerStreamHandler,
} from "../seam/server.ts";
import type { Tunnel } from "../seam/tunnel.ts";
import { Deadline } from "../loop/timer-wheel.ts";
import type { Closing } from "./closed-streams.ts";
import { Farewell } from "./farewell.ts";
import { CODE, FLAG, FRAME } from "./frames.ts";
import { type BodyReceiver, ReceivedBody } from "./received-body.ts";
import { refusalPage } from "./refusal-page.ts";
import type { RequestFields } from "./request-fields.ts";
import { informationalFields, responseFields, trailerFields } from "./response-fields.ts";
import { SendQueue } from "./send-queue.ts";
import type { StreamOwner } from "./stream-owner.ts";
import type { StreamState } from "./stream-states.ts";

/** Above this, `write` says stop; with one chunk of an upstream read on top, a stream holds some 64 KiB. */
const WRITE_LIMIT_BYTES = 32_768;
/** Window updates below this wait for more. */
const WINDOW_STEP_BYTES = 16_384;
const BODILESS_STATUSES = new Set([204, 205, 304]);
/** Bodies that can never be complete and are answered, while there is no answer; any other is reset. */
const BODY_ERRORS: ReadonlyMap<WireError["code"], HeadError> = new Map<WireError["code"], HeadError>([
  ["read-timeout", HEAD_ERRORS.bodyTimeout],
  ["too-large", HEAD_ERRORS.trailersTooLarge],
]);

/** One request on an HTTP/2 connection, and its response. */
export class Http2ServerStream implements ServerStream, BodyReceiver {
  readonly id: number;
  readonly request: RequestHead;
  readonly connection: ClientConnection;
  readonly upgrade = null;
  readonly expectsContinue: boolean;
  handler: ServerStreamHandler = NO_HANDLER;
  bytesSent = 0;
  readonly framingBytes = 0;
  readonly body: ReceivedBody;
  readonly queue: SendQueue;
  readonly #owner: StreamOwner;
  readonly #takesTrailers: boolean;
  #headSent = false;
  /** Declared bytes of the response that are still to come; UNKNOWN_LENGTH when none were declared. */
  #left = UNKNOWN_LENGTH;
  #blocked = false;
  /** The handler has nothing more to say, and hears nothing more. */
  #ended = false;
  #released = false;
  /** The whole answer is out, and the client still sends. */
  answered = false;
  #farewell: Farewell | null = null;
  #sendDeadline: Deadline | null = null;
  #creditBytes = 0;

  constructor(id: number, fields: RequestFields, remoteEnded: boolean, owner: StreamOwner) {
    this.id = id;
    this.#owner = owner;
    this.request = fields.head;
    this.connection = owner.connection;
    this.#takesTrailers = fields.takesTrailers;
    this.body = new ReceivedBody(remoteEnded, fields.contentLength, owner.options, this);
    this.expectsContinue = fields.expectsContinue && !remoteEnded;
    this.queue = new SendQueue(id, owner.streamWindowBytes, owner, this.#onProgress);
  }

  get state(): StreamState {
    if (this.answered) return "answered";
    return this.body.remoteEnded ? "clientEnded" : "open";
  }

  get bodyLengthBytes(): number {
    return this.body.lengthBytes;
  }

  resumeBody(): void {
    if (this.#ended) return;
    if (this.expectsContinue && !this.body.started && !this.#headSent) this.#headers(CONTINUE_FIELDS, 0);
    this.body.resume();
  }

  pauseBody(): void {
    this.body.pause();
  }

  sendInformational(status: number, headers: HeaderList): void {
    if (this.#headSent || this.#released || status < 102 || status > 199) return;
    const fields = informationalFields(status, headers);
    if (fields !== null) this.#headers(fields, 0);
  }

  sendHead(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    if (this.#headSent || this.#released) return;
    const bodiless = this.request.method === "HEAD" || BODILESS_STATUSES.has(status);
    const fields = responseFields(status, headers, bodyLengthBytes, {
      bodiless,
      nowMs: this.#owner.options.wheel.clock.nowMs(),
    });
    if (fields === null) {
      this.refuse(HEAD_ERRORS.badResponseHead);
      this.lose("malformed", HEAD_ERRORS.badResponseHead.code);
      return;
    }
    this.#headSent = true;
    this.#left = bodiless ? 0 : bodyLengthBytes;
    if (this.#left === 0) {
      this.queue.ending = true;
      this.queue.ended = true;
    }
    this.bytesSent += this.#headers(fields, this.#left === 0 ? FLAG.endStream : 0);
  }

  write(chunk: Uint8Array): boolean {
    if (chunk.length === 0 || this.#ended || this.#released || this.queue.ending) {
      if (chunk.length > 0 && this.#left === 0 && !this.#ended && !this.#isBodiless) this.abort();
      return true;
    }
    if (this.#left !== UNKNOWN_LENGTH) {
      this.#left -= chunk.length;
      if (this.#left < 0) {
        this.abort();
        return true;
      }
    }
    this.bytesSent += chunk.length;
    this.queue.write(toOwned(chunk), this.#left === 0);
    if (this.queue.bytes > 0 && this.#sendDeadline?.armed !== true) this.#armSendDeadline();
    this.#blocked = this.queue.bytes >= WRITE_LIMIT_BYTES;
    return !this.#blocked;
  }

  end(trailers: HeaderList | null): void {
    if (this.#ended) return;
    if (!this.#headSent || this.#left > 0) {
      this.abort();
      return;
    }
    this.#ended = true;
    this.body.discard();
    if (this.#released) return;
    const fields = this.#takesTrailers && trailers !== null ? trailerFields(trailers) : null;
    this.queue.end(fields === null || fields.length === 0 ? null : fields);
    if (this.queue.ended) this.#complete();
  }

  abort(): void {
    this.#ended = true;
    this.reset(CODE.internalError);
  }

  acceptUpgrade(): Tunnel {
    throw new Error("acceptUpgrade on a stream that offers no upgrade");
  }

  /** Nothing to do: a stream ends without leaving the framing of others in doubt, and a drain says GOAWAY itself. */
  closeAfterResponse(): void {}

  /** Answers with a small text of the wire's own. */
  refuse(error: HeadError): void {
    if (this.#headSent || this.#released) return;
    const { headers, body } = refusalPage(error);
    this.sendHead(error.status, headers, body.length);
    if (!this.#isBodiless) this.write(body);
    this.queue.end(null);
    if (this.queue.ended) this.#complete();
  }

  /** RST_STREAM. What the handler has not heard yet, it does not hear from here. */
  reset(code: number): void {
    if (this.#released) return;
    this.#owner.out.word(FRAME.reset, this.id, code);
    this.#release("resetByUs");
  }

  /** The exchange cannot be completed: reports that to the handler, once. */
  lose(code: WireError["code"], detail: string, responseStarted = this.#headSent): void {
    this.body.discard();
    if (this.#ended) return;
    this.#ended = true;
    this.handler.onClose({ code, detail, requestSent: false, responseStarted });
  }

  /** The client reset the stream, or the connection is gone. */
  vanish(code: WireError["code"], detail: string): void {
    if (this.#released) return;
    this.#release("resetByClient");
    this.lose(code, detail);
  }

  onBodyChunk(chunk: Uint8Array): void {
    this.handler.onBody(chunk);
  }

  onBodyComplete(trailers: HeaderList | null): void {
    this.handler.onBodyEnd(trailers);
  }

  onBodyBroken(code: WireError["code"], detail: string): void {
    const responseStarted = this.#headSent;
    const error = BODY_ERRORS.get(code);
    if (error !== undefined && !responseStarted) this.refuse(error);
    else this.reset(code === "malformed" ? CODE.protocolError : CODE.internalError);
    this.lose(code, detail, responseStarted);
    if (code === "malformed") this.#owner.penalize();
  }

  onBodyConsumed(bytes: number, credited: boolean): void {
    this.#owner.consumed(bytes);
    if (!credited || this.#released) return;
    this.#creditBytes += bytes;
    if (this.#creditBytes < WINDOW_STEP_BYTES) return;
    this.#owner.out.word(FRAME.windowUpdate, this.id, this.#creditBytes);
    this.#creditBytes = 0;
  }

  /** END_STREAM came, and both sides may be done with it. */
  remoteEnded(trailers: HeaderList | null): void {
    this.body.finish(trailers);
    if (this.queue.ended && (this.#ended || this.answered)) this.#complete();
  }

  get #isBodiless(): boolean {
    return this.request.method === "HEAD";
  }

  #headers(fields: readonly string[], flags: number): number {
    return this.#owner.out.headers(this.id, flags, fields);
  }

  readonly #onProgress = (): void => {
    const { queue } = this;
    if (queue.bytes > 0) this.#armSendDeadline();
    else this.#disarmSendDeadline();
    if (queue.ended && this.#ended) {
      this.#complete();
      return;
    }
    if (!this.#blocked || queue.bytes >= WRITE_LIMIT_BYTES) return;
    this.#blocked = false;
    if (!this.#ended) this.handler.onDrain();
  };

  /**
   * The whole response was framed. What the client still uploads is not wanted any more, and a reset says so (RFC 9113 §8.1). There are
   * clients that forget the answer when they read both at once: the reset waits until they have read the answer.
   */
  #complete(): void {
    if (this.body.remoteEnded) {
      this.#release("ended");
      return;
    }
    if (this.answered || this.#released) return;
    this.answered = true;
    this.body.crediting = false;
    this.#farewell = new Farewell(
      this.#owner.options.wheel,
      () => this.#owner.probe(this.id),
      () => this.answerTaken(),
    );
  }

  /** The client has read the answer, or had the time for it. */
  answerTaken(): void {
    if (this.answered) this.reset(CODE.noError);
  }

  #release(closing: Closing): void {
    if (this.#released) return;
    this.#released = true;
    this.#disarmSendDeadline();
    this.#farewell?.cancel();
    this.queue.clear();
    this.body.discard();
    this.#owner.release(this, closing);
  }

  #armSendDeadline(): void {
    this.#sendDeadline ??= new Deadline(() => this.#onSendTimeout());
    this.#owner.options.wheel.arm(this.#sendDeadline, this.#owner.options.sendTimeoutMs);
  }

  #disarmSendDeadline(): void {
    if (this.#sendDeadline !== null) this.#owner.options.wheel.disarm(this.#sendDeadline);
  }

  #onSendTimeout(): void {
    this.reset(CODE.internalError);
    this.lose("send-timeout", "the client stopped reading");
  }
}

const CONTINUE_FIELDS = [":status", "100"];
