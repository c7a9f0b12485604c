import type { UpstreamAttempt } from "../../model/finished-exchange.ts";
import type { SendPlan, UpstreamFailure, UpstreamHandler, UpstreamRequest } from "../../upstream/upstream.ts";
import {
  type ClientRequestHead,
  type HeaderList,
  joinTunnels,
  type RequestHead,
  type Tunnel,
  UNKNOWN_LENGTH,
} from "../../wire/wire.ts";
import type { ProxyError } from "../answers/errors.ts";
import { type BodySource, NO_SOURCE, type RequestSink } from "../request/body-sink.ts";
import type { ClientSide } from "./client-side.ts";
import { allowedTrailers } from "./upstream-fields.ts";

const EARLY_HINTS = 103;
/** Of an answer that nobody wants, what is read for the sake of its connection. */
const DISCARD_LIMIT_BYTES = 65_536;
const NONE: readonly UpstreamAttempt[] = [];

/**
 * The upstream's side of an exchange: the last step of the request's way, and where the answer comes from, chunk by chunk. Holds no bytes
 * itself.
 */
export class UpstreamSide implements UpstreamHandler, RequestSink, BodySource {
  source: BodySource = NO_SOURCE;
  readonly #exchange: ClientSide;
  readonly #plan: SendPlan;
  #request: UpstreamRequest | null = null;
  /** Nobody wants the answer. */
  #discarding = false;
  /** Of the answer's body; 0 before its head. */
  #bodyLengthBytes = 0;

  constructor(exchange: ClientSide, plan: SendPlan) {
    this.#exchange = exchange;
    this.#plan = plan;
  }

  get attempts(): readonly UpstreamAttempt[] {
    return this.#request === null ? NONE : this.#request.attempts;
  }

  open(head: ClientRequestHead): void {
    this.#request = this.#exchange.core.sendRequest(this.#plan, head, this);
  }

  write(chunk: Uint8Array): boolean {
    return this.#request === null || this.#request.write(chunk);
  }

  end(trailers: HeaderList | null): void {
    this.#request?.end(trailers);
  }

  abort(): void {
    this.#request?.abort();
  }

  /** The answer is not wanted. A short rest of it is read all the same: then the connection can serve others. */
  discard(): void {
    this.#discarding = true;
    const length = this.#bodyLengthBytes;
    if (length === UNKNOWN_LENGTH || length > DISCARD_LIMIT_BYTES) this.abort();
  }

  refuse(error: ProxyError): void {
    this.#exchange.fail(error);
  }

  /** The client takes more of the answer. */
  resume(): void {
    this.#request?.resumeBody();
  }

  onInformational(status: number, headers: HeaderList): void {
    const exchange = this.#exchange;
    if (exchange.state !== "forwarding") return;
    if (status === EARLY_HINTS && !takesEarlyHints(exchange.context.request)) return;
    exchange.inform(status, headers);
  }

  onHead(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    this.#bodyLengthBytes = bodyLengthBytes;
    if (this.#exchange.state === "forwarding") this.#exchange.respond(status, headers, bodyLengthBytes);
  }

  onBody(chunk: Uint8Array): void {
    const exchange = this.#exchange;
    if (exchange.state !== "responding" || this.#discarding) return;
    try {
      if (!exchange.sink.write(chunk)) this.#request?.pauseBody();
    } catch (error) {
      exchange.onFault(error);
    }
  }

  onEnd(trailers: HeaderList | null): void {
    const exchange = this.#exchange;
    if (exchange.state !== "responding" || this.#discarding) return;
    try {
      exchange.sink.end(allowedTrailers(trailers));
    } catch (error) {
      exchange.onFault(error);
    }
  }

  onDrain(): void {
    if (this.#exchange.state === "finished" || this.#discarding) return;
    try {
      this.source.resume();
    } catch (error) {
      this.#exchange.onFault(error);
    }
  }

  onUpgrade(protocol: string, headers: HeaderList, tunnel: Tunnel): void {
    const exchange = this.#exchange;
    const client = exchange.state === "forwarding" ? exchange.upgrade(protocol, headers) : null;
    if (client === null) {
      tunnel.destroy();
      return;
    }
    const { readMs } = this.#plan.timeouts;
    joinTunnels(client, tunnel, { idleMs: readMs, wheel: exchange.core.wheel }, (bytesToClient, bytesToUpstream) => {
      exchange.responseBodyBytes += bytesToClient;
      exchange.requestBodyBytes += bytesToUpstream;
      exchange.finish(101, "");
    });
  }

  /** Before the head: an error page. After it: the response is cut, so that the client never takes a part for the whole. */
  onFailure(failure: UpstreamFailure): void {
    if (!this.#discarding) this.#exchange.fail(failure);
  }
}

/**
 * HTTP/1.1 clients that never heard of early hints take them for the answer, and what follows for that to the next request
 * (RFC 8297 §3). Those that say how they fetch are browsers that know.
 */
function takesEarlyHints({ httpVersion, headers }: RequestHead): boolean {
  return httpVersion === "2.0" || headers.get("sec-fetch-mode") !== undefined;
}
