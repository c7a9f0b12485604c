import type { UpstreamFailure, UpstreamHandler, UpstreamRequest } from "../../upstream/upstream.ts";
import { type HeaderList, joinTunnels, type RequestHead, type Tunnel } from "../../wire/wire.ts";
import type { ClientSide } from "./client-side.ts";
import { allowedTrailers } from "./upstream-fields.ts";

const EARLY_HINTS = 103;

/** The upstream's side of an exchange: its answer, chunk by chunk, into the client's stream. Holds no bytes itself. */
export class ResponsePump implements UpstreamHandler {
  /** Set as soon as the request was handed to the upstream. */
  upstream: UpstreamRequest | null = null;
  readonly #exchange: ClientSide;
  readonly #tunnelIdleMs: number;
  #status = 0;

  /** @param tunnelIdleMs How long an upgraded connection may be silent. */
  constructor(exchange: ClientSide, tunnelIdleMs: number) {
    this.#exchange = exchange;
    this.#tunnelIdleMs = tunnelIdleMs;
  }

  onInformational(status: number, headers: HeaderList): void {
    const exchange = this.#exchange;
    if (exchange.state !== "forwarding") return;
    if (status === EARLY_HINTS && !takesEarlyHints(exchange.context.request)) return;
    exchange.inform(status, headers);
  }

  onHead(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    const exchange = this.#exchange;
    if (exchange.state !== "forwarding") return;
    this.#status = status;
    exchange.respond(status, headers, bodyLengthBytes);
  }

  onBody(chunk: Uint8Array): void {
    const exchange = this.#exchange;
    if (exchange.state !== "responding") return;
    exchange.responseBodyBytes += chunk.length;
    if (!exchange.stream.write(chunk)) this.upstream?.pauseBody();
  }

  onEnd(trailers: HeaderList | null): void {
    const exchange = this.#exchange;
    if (exchange.state !== "responding") return;
    // An answer before the end of the request: what the client still sends belongs to nobody.
    if (!exchange.requestEnded) exchange.stream.closeAfterResponse();
    exchange.stream.end(allowedTrailers(trailers));
    exchange.finish(this.#status, "");
  }

  onDrain(): void {
    if (this.#exchange.state !== "finished") this.#exchange.stream.resumeBody();
  }

  onUpgrade(protocol: string, headers: HeaderList, tunnel: Tunnel): void {
    const exchange = this.#exchange;
    if (exchange.state !== "forwarding") {
      tunnel.destroy();
      return;
    }
    const client = exchange.upgrade(protocol, headers);
    if (client === null) {
      tunnel.destroy();
      return;
    }
    joinTunnels(client, tunnel, this.#tunnelIdleMs, exchange.wheel, (bytesToClient, bytesToUpstream) => {
      exchange.responseBodyBytes += bytesToClient;
      exchange.requestBodyBytes += bytesToUpstream;
      exchange.finish(101, "");
    });
  }

  /** Before the head: an error page. After it: the response is cut, so that the client never takes a part for the whole. */
  onFailure(failure: UpstreamFailure): void {
    this.#exchange.fail(failure);
  }
}

/**
 * HTTP/1.1 clients that never heard of early hints take them for the answer, and what follows for that to the next request
 * (RFC 8297 §3). Those that say how they fetch are browsers that know.
 */
function takesEarlyHints({ httpVersion, headers }: RequestHead): boolean {
  return httpVersion === "2.0" || headers.get("sec-fetch-mode") !== undefined;
}
