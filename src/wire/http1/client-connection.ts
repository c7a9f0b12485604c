import type { ClientRequestHead, ClientStream, ClientStreamHandler } from "../seam/client.ts";
import { UNKNOWN_LENGTH } from "../seam/rules.ts";
import type { AttemptTimeouts, EndpointConnection } from "../seam/client.ts";
import type { WireError } from "../seam/rules.ts";
import type { TimerWheel } from "../loop/timer-wheel.ts";
import { AnswerDeadline } from "../socket/answer-deadline.ts";
import { BodyReader } from "./body-reader.ts";
import { Http1ClientStream, type ClientStreamOwner } from "./client-stream.ts";
import { endToEndFields } from "../http/hop-fields.ts";
import { InputBuffer } from "../socket/input-buffer.ts";
import { formatRequestHead } from "./message-head.ts";
import { OutBuffer } from "../socket/out-buffer.ts";
import { openResponseHeads, type ResponseHeadParser } from "./response-head.ts";
import { InterimBudget } from "../http/interim-budget.ts";
import { agreedProtocol, endToEndResponseFields, outlivesAnswer, responseFraming } from "./response-rules.ts";
import type { SocketPort, SocketSink } from "../socket/socket-port.ts";
import { SocketTunnel } from "../socket/socket-tunnel.ts";
import { detailOf } from "./tls-record.ts";

type Phase = "idle" | "head" | "body" | "tunnel" | "closed";

/**
 * One HTTP/1.1 connection to an endpoint; one request at a time. It is used again only after an exchange in which both messages
 * ended in full and the endpoint sent not one byte too many: in every other case it is destroyed.
 */
export class Http1Connection implements EndpointConnection, SocketSink, ClientStreamOwner {
  /** Called when a request is over and the connection may take the next one, just before that request's `onEnd`. */
  onIdle: (() => void) | null = null;
  /** Called once, when the connection is gone. */
  onClosed: (() => void) | null = null;
  readonly out: OutBuffer;
  readonly #port: SocketPort;
  /** Milliseconds it took to connect, TLS handshake included. */
  readonly connectMs: number;
  readonly #deadline: AnswerDeadline;
  readonly #input = new InputBuffer("lent");
  readonly #heads = openResponseHeads(() => this.#stream?.head.answerHeadBytes ?? 0);
  readonly #body = new BodyReader("read");
  #phase: Phase = "idle";
  #stream: Http1ClientStream | null = null;
  #requestsServed = 0;
  /** How long the endpoint said it keeps an idle connection, or null. */
  keepAliveHintMs: number | null = null;
  #reusable = false;
  readonly #interim = new InterimBudget();
  #pumping = false;
  #peerEnded = false;
  /** The endpoint takes nothing more of the request. */
  #refused = false;

  /** `port` holds a connected socket; its events come here from now on. */
  constructor(port: SocketPort, wheel: TimerWheel, connectMs: number) {
    this.#port = port;
    this.connectMs = connectMs;
    this.#deadline = new AnswerDeadline(wheel, () => this.#fail("read-timeout", "endpoint sends nothing"));
    this.out = new OutBuffer(port, wheel, 0, () => this.#fail("send-timeout", "endpoint takes nothing"));
    port.sink = this;
  }

  /** True when `send` may be called. */
  get idle(): boolean {
    return this.#phase === "idle";
  }

  get requestsServed(): number {
    return this.#requestsServed;
  }

  /** It has taken a request before. */
  get reused(): boolean {
    return this.#requestsServed > 0;
  }

  /**
   * Sends a request head; body and end follow through the stream. A connection that is not idle, and a head that cannot be sent
   * as it is, are reported to the handler in a later iteration of the loop; the latter closes: a request that never began gives nothing back.
   */
  send(head: ClientRequestHead, handler: ClientStreamHandler, timeouts: AttemptTimeouts): ClientStream {
    const text = this.idle ? formatRequestHead(head) : null;
    const stream = new Http1ClientStream(this, head, handler, timeouts);
    if (text === null) {
      stream.rejectLater(this.idle ? "malformed" : "closed");
      if (this.idle) this.#shut();
      return stream;
    }
    this.#phase = "head";
    this.#stream = stream;
    this.#requestsServed++;
    this.#interim.start();
    this.#heads.next();
    this.out.start();
    this.out.sendTimeoutMs = timeouts.sendMs;
    this.out.text(text);
    return stream;
  }

  /** Closes at once. A request in flight fails with `aborted`. */
  destroy(): void {
    if (this.#phase === "tunnel") this.#port.socket.destroy();
    else this.#fail("aborted", "connection destroyed");
  }

  requestEnded(): void {
    this.#armReadDeadline();
  }

  bodyWantedChanged(): void {
    this.#pump();
  }

  requestAborted(): void {
    this.#releaseStream();
    this.#shut();
  }

  requestMisframed(): void {
    this.#fail("malformed", "request body differs from its declared length");
  }

  /** Unrequested bytes are judged before the next request. */
  get takesLater(): boolean {
    return this.#phase === "head" && this.out.flushed;
  }

  onSocketData(bytes: Buffer, length: number): void {
    if (this.#phase === "closed") return;
    // Without a request, these bytes could be taken for the answer to the next one.
    if (this.#phase === "idle") return this.#shut();
    if (!this.out.flushed) return this.#fail("closed", "endpoint spoke before it was asked");
    this.#input.receive(bytes, length);
    this.#pump();
    this.#input.detach();
  }

  onSocketEnd(): void {
    this.#peerEnded = true;
    if (this.#phase === "idle") this.#shut();
    else this.#pump();
  }

  onSocketDrain(): void {
    this.out.drained();
    const stream = this.#stream;
    if (stream?.waitsForDrain !== true) return;
    stream.waitsForDrain = false;
    stream.handler.onDrain();
  }

  /** An endpoint that answers without listening to the end resets: its answer came before that, and was maybe not read yet. */
  onSocketRefusal(error: NodeJS.ErrnoException): void {
    this.#refused = true;
    if (this.#stream === null) this.#port.socket.destroy(error);
    else this.#armReadDeadline();
  }

  onSocketError(error: NodeJS.ErrnoException): void {
    this.#fail("reset", error.code ?? error.message);
  }

  onSocketClose(): void {
    this.#fail("closed", "endpoint closed the connection");
    this.onClosed?.();
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#step());
    this.#pumping = false;
    if (this.#phase !== "head" && this.#phase !== "body") return;
    this.#port.reading = this.#stream?.bodyWanted === true;
    this.#armReadDeadline();
  }

  #step(): boolean {
    const stream = this.#stream;
    if (stream === null || !stream.bodyWanted) return false;
    if (this.#phase === "head") return this.#readHead(stream);
    return this.#phase === "body" && this.#readBody(stream);
  }

  #readHead(stream: Http1ClientStream): boolean {
    if (this.#input.length > 0) {
      stream.responseStarted = true;
      this.#heads.read(this.#input);
      const { error, done } = this.#heads.head;
      if (error !== null) this.#fail(error.status === 431 ? "too-large" : "malformed", detailOf(error, this.#input));
      else if (done) this.#takeHead(stream, this.#heads.parser);
      if (error !== null || done) return error === null;
    }
    if (this.#peerEnded) this.#fail("closed", "endpoint closed before the response head was complete");
    return false;
  }

  #takeHead(stream: Http1ClientStream, parser: ResponseHeadParser): void {
    if (parser.status === 101) this.#takeUpgrade(stream, parser);
    else if (parser.status < 200) this.#takeInterim(stream, parser);
    else this.#takeFinalHead(stream, parser);
  }

  #takeInterim(stream: Http1ClientStream, { status, fields }: ResponseHeadParser): void {
    const isAllowed = this.#interim.spend(this.#heads.head.headBytes);
    if (!isAllowed) return this.#fail("too-large", "too many interim responses");
    this.#heads.next();
    if (status !== 100) stream.handler.onInformational(status, endToEndFields(fields.headers));
  }

  #takeUpgrade(stream: Http1ClientStream, parser: ResponseHeadParser): void {
    const protocol = agreedProtocol(stream.head, parser);
    if (protocol === null) return this.#fail("malformed", "101 that was not asked for, or agrees to something else");
    this.#releaseStream();
    this.#phase = "tunnel";
    this.#deadline.close();
    const tunnel = new SocketTunnel(this.#port, this.#input, () => this.onSocketClose());
    stream.handler.onUpgrade(protocol, endToEndFields(parser.fields.headers), tunnel);
  }

  #takeFinalHead(stream: Http1ClientStream, parser: ResponseHeadParser): void {
    const { status, fields } = parser;
    const framing = responseFraming(stream.head.method, parser);
    const length = framing === "none" ? 0 : framing === "length" ? fields.contentLength : UNKNOWN_LENGTH;
    this.#phase = "body";
    this.#body.start(framing, length);
    this.keepAliveHintMs = fields.keepAliveHintMs;
    // After an answer to half a request, the beginning of the next one is not known to the endpoint.
    this.#reusable =
      outlivesAnswer(stream.head, parser, framing) && stream.requestEnded && this.#port.writer.waitingBytes === 0;
    stream.handler.onHead(status, endToEndResponseFields(parser, framing), length);
  }

  #readBody(stream: Http1ClientStream): boolean {
    if (this.#body.done) {
      this.#finish(stream);
      return false;
    }
    if (this.#input.length > 0) {
      const piece = this.#body.read(this.#input);
      if (this.#body.error !== null) this.#fail("malformed", this.#body.error.code);
      else if (piece !== null) stream.handler.onBody(piece);
      return true;
    }
    if (!this.#peerEnded) return false;
    if (this.#body.endsWithConnection) this.#finish(stream);
    else this.#fail("closed", "endpoint closed inside the response body");
    return false;
  }

  #finish(stream: Http1ClientStream): void {
    const reusable = this.#reusable && this.#input.length === 0 && !this.#peerEnded && !this.#refused;
    this.#releaseStream();
    if (!reusable) this.#shut();
    else this.#rest();
    stream.handler.onEnd(null);
  }

  #rest(): void {
    this.#phase = "idle";
    this.#deadline.rest();
    // The last piece may have paused it: the next answer, a stray byte and the endpoint's FIN must all be seen.
    this.#port.reading = true;
    // Before the end is told: a pipelined request that it sets free finds this connection already.
    this.onIdle?.();
  }

  /** Runs while an answer is owed and the handler takes it; every byte from the endpoint starts it anew. */
  #armReadDeadline(): void {
    const stream = this.#stream;
    if (stream === null) return;
    const owed = stream.requestEnded || this.#refused || this.#phase === "body";
    if (owed && stream.bodyWanted) this.#deadline.await(stream.timeouts.readMs);
    else this.#deadline.rest();
  }

  #fail(code: WireError["code"], detail: string): void {
    if (this.#phase === "closed") return;
    const stream = this.#releaseStream();
    const requestSent = this.out.flushed;
    this.#shut();
    stream?.handler.onError({ code, detail, requestSent, responseStarted: stream.responseStarted });
  }

  #releaseStream(): Http1ClientStream | null {
    const stream = this.#stream;
    this.#stream = null;
    stream?.detach();
    return stream;
  }

  #shut(): void {
    this.#phase = "closed";
    this.#input.clear();
    this.out.close();
    this.#deadline.close();
    this.#port.socket.destroy();
  }
}
