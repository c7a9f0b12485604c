import { dateLine } from "../http/date-line.ts";
import type { RequestSource } from "./request-source.ts";
import type { Http1ServerOptions } from "./server-options.ts";
import type { Http1ServerStream } from "./server-stream.ts";

/** A client may have sent a request on a connection that was kept alive just before the drain began. */
const LAST_REQUEST_MS = 1_000;

/** Decides, response by response, whether a client connection lives on (RFC 9112 §9.3). */
export class KeepAlive {
  /** Requests so far. */
  served = 0;
  draining = false;
  readonly #options: Http1ServerOptions;
  readonly #source: RequestSource;
  #promised = false;

  constructor(options: Http1ServerOptions, source: RequestSource) {
    this.#options = options;
    this.#source = source;
  }

  /** How long to wait for the next request. */
  get idleMs(): number {
    return this.draining ? LAST_REQUEST_MS : this.#options.keepAliveMs;
  }

  /** Finished field lines for a response head: `Connection` and `Date`. */
  linesFor(stream: Http1ServerStream, selfDelimiting: boolean): string {
    this.#promised = selfDelimiting && this.#isPossible(stream);
    const date = dateLine(this.#options.wheel.clock.nowMs());
    if (!this.#promised) return `Connection: close\r\n${date}`;
    return stream.request.httpVersion === "1.0" ? `Connection: keep-alive\r\n${date}` : date;
  }

  /** After the response: true when the next request may be read. What was promised holds, also when draining began since. */
  holdsAfter(stream: Http1ServerStream): boolean {
    return this.#promised && !stream.closeRequested && this.#source.body.done;
  }

  #isPossible(stream: Http1ServerStream): boolean {
    const { keepAliveRequests } = this.#options;
    const { body, input } = this.#source;
    if (this.draining || stream.closeRequested || !stream.persistent) return false;
    if (keepAliveRequests > 0 && this.served >= keepAliveRequests) return false;
    // An answer before the body was asked for: the body would have to be read first, which may take any time.
    return stream.bodyStarted || body.isBuffered(input);
  }
}
