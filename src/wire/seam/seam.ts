import type { HeaderList } from "../http/header-list.ts";

/**
 * The seam between bytes and decisions. A wire side (HTTP/1.1, HTTP/2) produces request heads and body chunks and
 * takes response heads and chunks; phases and filters see only these types. Everything is callback-shaped so that one request
 * costs no promise, stream or timer object.
 *
 * Rules for both directions:
 * - Handlers must not throw. They may call back into the stream synchronously.
 * - A chunk of a request handed to `onBody` belongs to the receiver. A chunk of a response is only lent until the end of the turn,
 *   and may be handed to `write` within it: a stream that holds it longer copies it. Any other chunk handed to `write` belongs
 *   to the stream.
 * - `write` returns false when the peer is slow: stop, and go on at `onDrain`. At most 64 KiB are held per direction.
 * - After a terminal callback (`onClose`, `onError`, the end of both messages) no further callback comes.
 */

/** Body length when it is not known in advance. */
export const UNKNOWN_LENGTH = -1;

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

/** One client connection. The same object for each of its requests. */
export interface ClientConnection {
  readonly id: number;
  /** Without the IPv4-in-IPv6 prefix of dual-stack sockets. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly listener: "http" | "https";
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
  /** Set synchronously by whoever accepts the request. */
  handler: ServerStreamHandler;

  /** Starts, or goes on with, delivering the body. Nothing is read before the first call. */
  resumeBody(): void;
  pauseBody(): void;

  /** A 1xx other than 101. Dropped for HTTP/1.0 clients. */
  sendInformational(status: number, headers: HeaderList): void;
  /**
   * Starts the response. `bodyLengthBytes` UNKNOWN_LENGTH: chunked (or its equal). The stream adds framing, `Date` and
   * connection management; `headers` must not hold hop-by-hop fields. The head may wait for the next write or end, but not
   * longer than this turn of the loop: a slow body never holds it back.
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

/** Who takes requests from a wire side. */
export interface RequestAcceptor {
  /** Called once a request head is complete and valid. Must set `stream.handler`. */
  onRequest(stream: ServerStream): void;
  /**
   * A request that was refused on the wire: the 4xx/5xx has been sent, and nothing else will be heard of it.
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
  /** What came of the request line, at most 1 KiB of it; empty where method and target make it up, or nothing came. */
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

/** One request to an endpoint; in HTTP/1.1 on a connection of its own until it ends. */
export interface ClientStream {
  write(chunk: Uint8Array): boolean;
  end(trailers: HeaderList | null): void;
  pauseBody(): void;
  resumeBody(): void;
  /** Gives up: the connection (in HTTP/2 the stream) is destroyed, no further callback comes. */
  abort(): void;
  /** True once the connection had been used before this request. */
  readonly reusedConnection: boolean;
  /** Milliseconds it took to connect (and shake hands); 0 on a reused connection. */
  readonly connectMs: number;
}

/** A connection to an endpoint, as whoever has a request sees it. */
export interface EndpointConnection {
  /**
   * Sends a request head; body and end follow through the stream. A head that cannot be sent as it is, and a connection that
   * takes no request, are reported to the handler in a later turn.
   */
  send(head: ClientRequestHead, handler: ClientStreamHandler, timeouts: AttemptTimeouts): ClientStream;
}

export interface ClientRequestHead {
  readonly method: string;
  readonly target: string;
  /** Complete but for framing and `Connection`, which the stream adds. First field should be `Host`. */
  readonly headers: HeaderList;
  /** 0: no body; UNKNOWN_LENGTH: chunked. */
  readonly bodyLengthBytes: number;
  /** Largest head of the answer. */
  readonly answerHeadBytes: number;
  /** Protocols that are offered to the endpoint, best first; only without a body. Null: none. */
  readonly upgrade: string | null;
}

export interface ClientStreamHandler {
  /** 1xx but 100 and 101. */
  onInformational(status: number, headers: HeaderList): void;
  /**
   * Head without framing fields and hop-by-hop fields. `bodyLengthBytes` 0 for bodiless answers to HEAD, 204, 304; those to HEAD
   * and 304 keep a checked `Content-Length` among the fields, which `sendHead` takes over.
   */
  onHead(status: number, headers: HeaderList, bodyLengthBytes: number): void;
  onBody(chunk: Uint8Array): void;
  onEnd(trailers: HeaderList | null): void;
  /** 101 with one of the offered protocols (and where it is `websocket`, a correct Sec-WebSocket-Accept): the connection is now a tunnel. */
  onUpgrade(protocol: string, headers: HeaderList, tunnel: Tunnel): void;
  onDrain(): void;
  onError(error: WireError): void;
}

/** Why a stream ended early. A value, not an exception. */
export interface WireError {
  readonly code:
    | "connect-refused"
    | "connect-timeout"
    | "connect-failed"
    /** This process may open no further socket. */
    | "no-descriptors"
    | "tls-failed"
    | "reset"
    | "closed"
    /** HTTP/2 only: the endpoint says that it never looked at the request. */
    | "stream-refused"
    | "malformed"
    | "too-large"
    | "send-timeout"
    | "read-timeout"
    | "aborted";
  /** For logs; never shown to clients. */
  readonly detail: string;
  /** True when any byte of the request may have reached the peer. */
  readonly requestSent: boolean;
  /** True when any byte of the response arrived. */
  readonly responseStarted: boolean;
}

/** A raw byte pipe after an upgrade. Half-close is kept. */
export interface Tunnel {
  handler: TunnelHandler;
  write(chunk: Uint8Array): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

export interface TunnelHandler {
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onDrain(): void;
  /** Both directions are over, for whatever reason. Last callback. */
  onClose(): void;
}

/** Deadlines of one upstream attempt, in milliseconds. */
export interface AttemptTimeouts {
  readonly connectMs: number;
  readonly sendMs: number;
  readonly readMs: number;
}

/** Where to connect to. `tls` null: plain. */
export interface Dial {
  readonly host: string;
  readonly port: number;
  /** Upstream TLS as ingress-nginx does it: no verification and no SNI unless asked for. */
  readonly tls: { readonly serverName: string | null; readonly verify: boolean } | null;
}
