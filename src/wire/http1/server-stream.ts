import { HeaderList } from "../http/header-list.ts";
import { UNKNOWN_LENGTH } from "../seam/rules.ts";
import {
  NO_HANDLER,
  type ClientConnection,
  type RequestHead,
  type ServerStream,
  type ServerStreamHandler,
} from "../seam/server.ts";
import type { Tunnel } from "../seam/tunnel.ts";
import { parseLength } from "../http/field-values.ts";
import { formatResponseHead } from "./message-head.ts";
import type { OutBuffer } from "../socket/out-buffer.ts";

/** What a stream needs from the connection it is on. */
export interface StreamOwner {
  readonly out: OutBuffer;
  /** The handler wants body bytes, or no longer wants them. */
  bodyWantedChanged(): void;
  /** Finished lines of connection management and date for the response head; settles whether the connection lives on. */
  connectionLines(selfDelimiting: boolean): string;
  /** The whole response was handed to `out`. */
  responseEnded(): void;
  /** The response cannot go on; the client must see that. */
  responseCut(): void;
  /** The response head was not fit to be sent. */
  responseRefused(): void;
  startTunnel(): Tunnel;
}

/** What a request declared about itself. */
export interface StreamFacts {
  readonly bodyLengthBytes: number;
  readonly upgrade: string | null;
  readonly expectsContinue: boolean;
  /** The client lets the connection live on afterwards. */
  readonly persistent: boolean;
}

type SentFraming = "nothing" | "none" | "length" | "chunked" | "until-close";

const NO_HEADERS = new HeaderList();

/**
 * One request on an HTTP/1.x connection and its response. A new object each time, so that a handler which calls in late can
 * never touch the next exchange.
 */
export class Http1ServerStream implements ServerStream {
  readonly request: RequestHead;
  readonly connection: ClientConnection;
  readonly bodyLengthBytes: number;
  readonly upgrade: string | null;
  readonly expectsContinue: boolean;
  readonly persistent: boolean;
  handler: ServerStreamHandler = NO_HANDLER;
  bytesSent = 0;
  framingBytes = 0;
  bodyWanted = false;
  bodyStarted = false;
  closeRequested = false;
  /** A write was answered with false; the handler waits for `onDrain`. */
  waitsForDrain = false;
  #owner: StreamOwner | null;
  #framing: SentFraming = "nothing";
  #left = 0;
  #continueDue: boolean;
  #bytesSeen = 0;

  constructor(owner: StreamOwner, connection: ClientConnection, request: RequestHead, facts: StreamFacts) {
    this.#owner = owner;
    this.connection = connection;
    this.request = request;
    this.bodyLengthBytes = facts.bodyLengthBytes;
    this.upgrade = facts.upgrade;
    this.expectsContinue = facts.expectsContinue;
    this.persistent = facts.persistent;
    this.#continueDue = facts.expectsContinue;
  }

  get headSent(): boolean {
    return this.#framing !== "nothing";
  }

  /** The client takes the end of the connection for the end of the body. */
  get endsWithConnection(): boolean {
    return this.#framing === "until-close";
  }

  /** Whether anything was sent since this was last asked. */
  hasMoved(): boolean {
    const moved = this.bytesSent !== this.#bytesSeen;
    this.#bytesSeen = this.bytesSent;
    return moved;
  }

  /** The exchange is over: nothing the handler still calls has any effect. */
  detach(): void {
    this.#owner = null;
  }

  resumeBody(): void {
    if (this.#owner === null || this.bodyWanted) return;
    this.bodyWanted = true;
    this.bodyStarted = true;
    if (this.#continueDue && !this.headSent) this.#send("HTTP/1.1 100 Continue\r\n\r\n");
    this.#continueDue = false;
    this.#owner.bodyWantedChanged();
  }

  pauseBody(): void {
    if (this.#owner === null || !this.bodyWanted) return;
    this.bodyWanted = false;
    this.#owner.bodyWantedChanged();
  }

  sendInformational(status: number, headers: HeaderList): void {
    if (this.#owner === null || this.headSent || this.request.httpVersion === "1.0") return;
    if (status < 102 || status > 199) return;
    const text = formatResponseHead(status, headers, "");
    if (text === null) return;
    this.#send(text);
    this.#owner.out.send();
  }

  sendHead(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    const owner = this.#owner;
    if (owner === null || this.headSent) return;
    const lines = this.#chooseFraming(status, headers, bodyLengthBytes);
    const text = formatResponseHead(status, headers, lines + owner.connectionLines(this.#framing !== "until-close"));
    if (text !== null) {
      this.#send(text);
      return;
    }
    this.#framing = "nothing";
    owner.responseRefused();
  }

  write(chunk: Uint8Array): boolean {
    const owner = this.#owner;
    if (owner === null || chunk.length === 0 || this.#framing === "none" || this.#framing === "nothing") return true;
    if (this.#framing === "length" && chunk.length > this.#left) {
      this.abort();
      return true;
    }
    this.#left -= chunk.length;
    if (this.#framing === "chunked") this.#send(`${chunk.length.toString(16)}\r\n`);
    this.bytesSent += chunk.length;
    owner.out.bytes(chunk);
    if (this.#framing === "chunked") this.#send("\r\n");
    owner.out.flushWhenFull();
    if (owner.out.blocked) this.waitsForDrain = true;
    return !owner.out.blocked;
  }

  end(_trailers: HeaderList | null): void {
    const owner = this.#owner;
    if (owner === null) return;
    if (this.#framing === "nothing" || (this.#framing === "length" && this.#left > 0)) {
      this.abort();
      return;
    }
    if (this.#framing === "chunked") this.#send("0\r\n\r\n");
    owner.out.send();
    owner.responseEnded();
  }

  abort(): void {
    this.#owner?.responseCut();
  }

  acceptUpgrade(protocol: string, headers: HeaderList): Tunnel {
    const owner = this.#owner;
    if (owner === null || this.upgrade === null || this.headSent)
      throw new Error("acceptUpgrade on a stream that offers no upgrade");
    const lines = `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`;
    const text = formatResponseHead(101, headers, lines) ?? formatResponseHead(101, NO_HEADERS, lines);
    this.#send(text ?? "");
    owner.out.flush();
    return owner.startTunnel();
  }

  closeAfterResponse(): void {
    this.closeRequested = true;
  }

  #send(text: string): void {
    this.bytesSent += text.length;
    this.#owner?.out.text(text);
  }

  /** RFC 9112 §6: how this response's end will be known. Returns the framing line. */
  #chooseFraming(status: number, headers: HeaderList, bodyLengthBytes: number): string {
    if (status === 204 || status === 205 || status < 200) return this.#frame("none", status === 205 ? LENGTH_ZERO : "");
    if (status === 304 || this.request.method === "HEAD") {
      return this.#frame("none", bodilessLength(headers, bodyLengthBytes));
    }
    if (bodyLengthBytes !== UNKNOWN_LENGTH) {
      this.#left = bodyLengthBytes;
      return this.#frame("length", `Content-Length: ${bodyLengthBytes}\r\n`);
    }
    if (this.request.httpVersion === "1.0") return this.#frame("until-close", "");
    return this.#frame("chunked", "Transfer-Encoding: chunked\r\n");
  }

  #frame(framing: SentFraming, line: string): string {
    this.#framing = framing;
    return line;
  }
}

const LENGTH_ZERO = "Content-Length: 0\r\n";

/** An answer to HEAD, or a 304, may say how long the body would have been (RFC 9110 §8.6). */
function bodilessLength(headers: HeaderList, bodyLengthBytes: number): string {
  const given = parseLength(headers.get("content-length") ?? "");
  const length = given === -1 ? bodyLengthBytes : given;
  return length > 0 || given === 0 ? `Content-Length: ${length}\r\n` : "";
}
