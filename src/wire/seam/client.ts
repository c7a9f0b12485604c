import type { Secret } from "../../lib/secret.ts";
import type { HeaderList } from "../http/header-list.ts";
import type { WireError } from "./rules.ts";
import type { Tunnel } from "./tunnel.ts";

/** Where to connect to. `tls` null: plain. */
export interface Dial {
  readonly host: string;
  readonly port: number;
  readonly tls: EndpointTls | null;
}

/** How to be sure of the endpoint, and what to show it. One object for all connections alike: what it takes is prepared once. */
export interface EndpointTls {
  /** Sent as the name of the server; null: none is. */
  readonly serverName: string | null;
  /** False: any certificate will do. */
  readonly verify: boolean;
  /** PEM of the authorities; null or absent: those that every program trusts. */
  readonly trustPem?: string | null;
  /** Names of which the certificate must have one; empty or absent: that of the server, or the endpoint's address. */
  readonly identities?: readonly CertificateIdentity[];
  /** Null or absent: none is shown. */
  readonly clientCertificate?: { readonly certPem: string; readonly keyPem: Secret } | null;
}

/** A subject alternative name. */
export interface CertificateIdentity {
  readonly kind: "dns" | "uri";
  readonly value: string;
}

/** Called once with the end of a connection attempt, never synchronously. */
export interface ConnectEvents<Connection> {
  onConnected(connection: Connection): void;
  onFailed(error: WireError): void;
}

export interface PendingConnection {
  /** Gives up; no event comes afterwards. Does nothing once an event came. */
  cancel(): void;
}

/** A connection to an endpoint, as the sender of a request sees it. */
export interface EndpointConnection {
  /**
   * Sends a request head; body and end follow through the stream. A head that cannot be sent as it is, and a connection that
   * takes no request, are reported to the handler in a later iteration of the loop.
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

/** Deadlines of one upstream attempt, in milliseconds. */
export interface AttemptTimeouts {
  readonly connectMs: number;
  readonly sendMs: number;
  readonly readMs: number;
}
