import type { HeaderList } from "../http/header-list.ts";
import type { WireError } from "./rules.ts";
import type { Tunnel } from "./tunnel.ts";

export interface RequestHead {
  readonly method: string;
  /** Origin-form target, byte for byte as sent (an absolute-form target is already cut to its origin-form). `*` for `OPTIONS *`. */
  readonly target: string;
  /** The whole target as sent; nearly always the same text as `target`. */
  readonly sentTarget: string;
  /** Authority as sent: Host header, `:authority`, or that of an absolute-form target. Empty for HTTP/1.0 without Host. Grammar-checked. */
  readonly authority: string;
  /** The authority's host, canonical: lower case, without port and trailing dot. Empty with it. */
  readonly host: string;
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  /** Every field but framing (`Content-Length`, `Transfer-Encoding`) and `Host`; hop-by-hop fields are still in it. */
  readonly headers: HeaderList;
  /** Bytes of the head on the wire. */
  readonly headBytes: number;
}

/** What a connection came in by: an object of the acceptor's, which is only passed on. */
export interface ClientListener {
  readonly id: string;
  /** Port by which clients know it, as text, whatever port is bound. */
  readonly declaredPort: string;
  /** Name of the table in which its hosts are. */
  readonly table: string;
  /** True: requests for hosts of other listeners are answered 421. */
  readonly strict: boolean;
  /** The listener of the same socket that serves requests for this canonical host at this moment; null when none does. */
  forHost(host: string): ClientListener | null;
}

/** One client connection. The same object for each of its requests. */
export interface ClientConnection {
  readonly id: number;
  /** Without the IPv4-in-IPv6 prefix of dual-stack sockets. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly listener: ClientListener;
  /** Null on plain connections. */
  readonly tls: ClientTls | null;
}

export interface ClientTls {
  /** Canonical SNI name; empty when the client sent none. */
  readonly serverName: string;
  readonly protocol: string;
  readonly cipher: string;
}

/** One request on a client connection, and the way to answer it. */
export interface ServerStream {
  readonly request: RequestHead;
  readonly connection: ClientConnection;
  /** Declared body length; 0 when there is no body; `UNKNOWN_LENGTH` when chunked or open-ended. */
  readonly bodyLengthBytes: number;
  /**
   * The protocols that the client may be given in place of HTTP/1.1, best first, such as `websocket` or `SPDY/3.1, SPDY/3`; null when it
   * asked for none, or for none that it may have. The request then has no body. A `websocket` handshake is well-formed.
   */
  readonly upgrade: string | null;
  /** True when the client waits for `100 Continue`; `resumeBody` sends it. */
  readonly expectsContinue: boolean;
  /** Set synchronously by the acceptor of the request. */
  handler: ServerStreamHandler;

  /** Starts, or goes on with, delivering the body. Nothing is read before the first call. */
  resumeBody(): void;
  pauseBody(): void;

  /** A 1xx other than 101. Dropped for HTTP/1.0 clients. */
  sendInformational(status: number, headers: HeaderList): void;
  /**
   * Starts the response. `bodyLengthBytes` UNKNOWN_LENGTH: chunked (or its equal). The stream adds framing, `Date` and
   * connection management; `headers` must not hold hop-by-hop fields. The head may wait for the next write or end, but not
   * longer than this iteration of the loop: a slow body never holds it back.
   */
  sendHead(status: number, headers: HeaderList, bodyLengthBytes: number): void;
  write(chunk: Uint8Array): boolean;
  /** Ends the response. Trailers are only sent where the protocol and client take them. */
  end(trailers: HeaderList | null): void;
  /** Cuts the response so that the client sees it is incomplete. */
  abort(): void;
  /** Answers 101 with one protocol of `upgrade`, and hands over the raw connection. */
  acceptUpgrade(protocol: string, headers: HeaderList): Tunnel;
  /** After this response the connection is closed (draining, or an error that leaves framing in doubt). */
  closeAfterResponse(): void;
  /** Bytes of head and body sent so far. */
  readonly bytesSent: number;
  /** Bytes that the framing of the request's body took so far, beside its content. */
  readonly framingBytes: number;
}

export interface ServerStreamHandler {
  onBody(chunk: Uint8Array): void;
  /** The whole body was delivered. Also called, at once after `resumeBody`, when there is none. */
  onBodyEnd(trailers: HeaderList | null): void;
  onDrain(): void;
  /** The client is gone, or broke the protocol inside the body, before the exchange was complete. */
  onClose(error: WireError): void;
}

/** Stands in until a request has its handler, and after that is gone. */
export const NO_HANDLER: ServerStreamHandler = {
  onBody: () => {},
  onBodyEnd: () => {},
  onDrain: () => {},
  onClose: () => {},
};

/** Receives the requests of a wire side. */
export interface RequestAcceptor {
  /** Called once a request head is complete and valid. Must set `stream.handler`. */
  onRequest(stream: ServerStream): void;
  /**
   * A request was refused on the wire: the 4xx/5xx has been sent, and no further callback comes for it.
   * For metrics and logs only. `target` and `method` are best effort and may be empty.
   */
  onRefused(connection: ClientConnection, refusal: Refusal): void;
  /** A connection that ends here for the reason given. For metrics and logs only. */
  onTurnedAway(connection: ClientConnection, why: TurnedAway): void;
}

export interface Refusal {
  readonly status: number;
  /** Stable code, such as `bad-chunk-size`. */
  readonly code: string;
  readonly method: string;
  readonly target: string;
  /** The request line as far as it was received, at most 1 KiB; empty where method and target make it up, or nothing was received. */
  readonly requestLine: string;
  /** The fields before the fault; null when it was in the request line. */
  readonly headers: HeaderList | null;
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  /** Bytes of the request that were taken: none of a request line that could not be read. */
  readonly requestBytes: number;
  /** Bytes of the answer, and of its body. */
  readonly responseBytes: number;
  readonly bodyBytes: number;
}

/** A connection that was turned away or given up though no request of it was refused. */
export interface TurnedAway {
  /** Stable code, such as `tls-version`. */
  readonly code: string;
  /** More in words of ours, or of the system's; may be empty. */
  readonly detail: string;
  /** Name in the TLS handshake, whatever its bytes. */
  readonly serverName: string;
}

/** A client connection in service, of whichever protocol. Takes its socket over until it is closed. */
export interface ServedConnection {
  /** True while a request is open, or a tunnel. */
  readonly busy: boolean;
  /** Called once, when the connection is gone. Set synchronously by the opener. */
  onClosed: (() => void) | null;
  /** Finishes what is in flight, then closes: HTTP/1.1 by `Connection: close`, HTTP/2 by GOAWAY. At once when nothing is. */
  drain(): void;
  /** Closes at once; streams in flight are cut. */
  destroy(): void;
}
