import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type {
  AttemptTimeouts,
  ClientRequestHead,
  ClientStream,
  ClientStreamHandler,
  EndpointConnection,
} from "../seam/client.ts";
import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";
import { requestFields } from "./client-fields.ts";
import { Http2ClientStream, type StreamSession } from "./client-stream.ts";
import { RejectedStream } from "./rejected-stream.ts";

/** More than that on one connection makes its requests wait for each other, whatever the endpoint allows. */
const STREAM_LIMIT = 256;
/** A connection on which a deadline passed has this long to answer a PING. */
const PING_MS = 5_000;

/** One HTTP/2 connection to an endpoint; many requests at a time. */
export class Http2Session implements EndpointConnection, StreamSession {
  /** Called whenever the last open stream has closed. */
  onIdle: (() => void) | null = null;
  /** Called once, when the connection is gone. */
  onClosed: (() => void) | null = null;
  readonly wheel: TimerWheel;
  requestsServed = 0;
  lastProcessedId = Number.POSITIVE_INFINITY;
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #scheme: "http" | "https";
  readonly #connectMs: number;
  readonly #pingDeadline: Deadline;
  #openStreams = 0;

  /** `session` has received the endpoint's SETTINGS. */
  constructor(session: ClientHttp2Session, socket: Socket, wheel: TimerWheel, connectMs: number) {
    this.#session = session;
    this.#socket = socket;
    this.wheel = wheel;
    this.#connectMs = connectMs;
    this.#scheme = session.encrypted === true ? "https" : "http";
    this.#pingDeadline = new Deadline(() => this.destroy());
    session.on("goaway", (_code, lastStreamId) => (this.lastProcessedId = lastStreamId));
    session.on("close", () => this.#onClose());
  }

  get openStreams(): number {
    return this.#openStreams;
  }

  /** True while another request may be sent. */
  get usable(): boolean {
    const { closed, destroyed, remoteSettings } = this.#session;
    if (closed || destroyed || this.#pingDeadline.armed) return false;
    return this.#openStreams < Math.min(STREAM_LIMIT, remoteSettings.maxConcurrentStreams ?? STREAM_LIMIT);
  }

  /** True once the connection takes no more requests for good. */
  get closing(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  /** Sends a request head; body and end follow through the stream. What cannot be sent is reported in a later iteration of the loop. */
  send(head: ClientRequestHead, handler: ClientStreamHandler, timeouts: AttemptTimeouts): ClientStream {
    if (this.closing) return new RejectedStream(handler, "closed");
    const stream = this.#request(head);
    if (stream === null) return new RejectedStream(handler, "malformed");
    stream.once("close", () => this.#onStreamClosed());
    const reusedConnection = this.requestsServed > 0;
    this.requestsServed++;
    this.#openStreams++;
    const facts = { reusedConnection, connectMs: reusedConnection ? 0 : this.#connectMs, timeouts };
    return new Http2ClientStream(stream, this, { head, handler }, facts);
  }

  /** Takes no more requests, and closes once the open ones are over. */
  drain(): void {
    if (!this.closing) this.#session.close();
  }

  /** Closes at once. Requests in flight fail. */
  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  suspect(): void {
    if (this.closing || this.#pingDeadline.armed) return;
    this.wheel.arm(this.#pingDeadline, PING_MS);
    this.#session.ping((error) => {
      if (error === null) this.wheel.disarm(this.#pingDeadline);
    });
  }

  #request(head: ClientRequestHead): ClientHttp2Stream | null {
    const fields = requestFields(head, this.#scheme);
    if (fields === null) return null;
    try {
      return this.#session.request(fields, { endStream: head.bodyLengthBytes === 0 });
    } catch {
      // node:http2 has rules of its own, such as one Content-Type only.
      return null;
    }
  }

  #onStreamClosed(): void {
    this.#openStreams--;
    if (this.#openStreams === 0 && !this.closing) this.onIdle?.();
  }

  #onClose(): void {
    this.wheel.disarm(this.#pingDeadline);
    this.#socket.destroy();
    this.onClosed?.();
  }
}
