import { nextTick } from "node:process";
import type { HeaderList } from "../http/header-list.ts";
import type { AttemptTimeouts, ClientRequestHead, ClientStream, ClientStreamHandler } from "../seam/client.ts";
import { UNKNOWN_LENGTH } from "../seam/rules.ts";
import type { OutBuffer } from "../socket/out-buffer.ts";

/** What a stream needs from the connection it is on. */
export interface ClientStreamOwner {
  readonly out: OutBuffer;
  /** True once the connection had been used before this request. */
  readonly reused: boolean;
  /** Milliseconds it took to connect, TLS handshake included. */
  readonly connectMs: number;
  /** The request was handed to `out` as a whole. */
  requestEnded(): void;
  bodyWantedChanged(): void;
  /** The handler gave up. */
  requestAborted(): void;
  /** The body does not have the length that the head declared. */
  requestMisframed(): void;
}

/** One request on an HTTP/1.1 connection, and its response. A new object each time, so that late calls hit nothing. */
export class Http1ClientStream implements ClientStream {
  readonly head: ClientRequestHead;
  readonly handler: ClientStreamHandler;
  readonly reusedConnection: boolean;
  readonly connectMs: number;
  readonly timeouts: AttemptTimeouts;
  bodyWanted = true;
  requestEnded = false;
  responseStarted = false;
  /** A write was answered with false; the handler waits for `onDrain`. */
  waitsForDrain = false;
  #owner: ClientStreamOwner | null;
  #left: number;
  #aborted = false;

  constructor(
    owner: ClientStreamOwner,
    head: ClientRequestHead,
    handler: ClientStreamHandler,
    timeouts: AttemptTimeouts,
  ) {
    this.#owner = owner;
    this.head = head;
    this.handler = handler;
    this.reusedConnection = owner.reused;
    this.connectMs = owner.reused ? 0 : owner.connectMs;
    this.timeouts = timeouts;
    this.#left = head.bodyLengthBytes;
  }

  /** The exchange is over: nothing the handler still calls has any effect. */
  detach(): void {
    this.#owner = null;
  }

  /** Nothing is sent at all: leaves the connection, and reports that in a later iteration of the loop. */
  rejectLater(code: "malformed" | "closed"): void {
    this.detach();
    const detail = code === "malformed" ? "request head cannot be sent as it is" : "connection is not idle";
    nextTick(() => {
      if (this.#aborted) return;
      this.handler.onError({ code, detail, requestSent: false, responseStarted: false });
    });
  }

  write(chunk: Uint8Array): boolean {
    const owner = this.#owner;
    if (owner === null || this.requestEnded || chunk.length === 0) return true;
    const { out } = owner;
    if (this.#left === UNKNOWN_LENGTH) {
      out.text(`${chunk.length.toString(16)}\r\n`);
      out.bytes(chunk);
      out.text("\r\n");
    } else if (chunk.length > this.#left) {
      owner.requestMisframed();
      return true;
    } else {
      this.#left -= chunk.length;
      out.bytes(chunk);
    }
    out.flushWhenFull();
    if (out.blocked) this.waitsForDrain = true;
    return !out.blocked;
  }

  end(_trailers: HeaderList | null): void {
    const owner = this.#owner;
    if (owner === null || this.requestEnded) return;
    if (this.#left > 0) {
      owner.requestMisframed();
      return;
    }
    if (this.#left === UNKNOWN_LENGTH) owner.out.text("0\r\n\r\n");
    this.requestEnded = true;
    owner.out.send();
    owner.requestEnded();
  }

  pauseBody(): void {
    if (!this.bodyWanted) return;
    this.bodyWanted = false;
    this.#owner?.bodyWantedChanged();
  }

  resumeBody(): void {
    if (this.bodyWanted) return;
    this.bodyWanted = true;
    this.#owner?.bodyWantedChanged();
  }

  abort(): void {
    this.#aborted = true;
    this.#owner?.requestAborted();
  }
}
