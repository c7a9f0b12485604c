/**
 * The seam between bytes and decisions. A wire side (HTTP/1.1, HTTP/2) produces request heads and body chunks and
 * takes response heads and chunks; phases and filters see only these types. Everything is callback-shaped so that one request
 * costs no promise, stream or timer object.
 *
 * Rules for both directions:
 * - Handlers must not throw. They may call back into the stream synchronously.
 * - A chunk of a request handed to `onBody` belongs to the receiver. A chunk of a response is only lent until the end of the socket event,
 *   and may be handed to `write` within it: a stream that holds it longer copies it. Any other chunk handed to `write` belongs
 *   to the stream.
 * - `write` returns false when the peer is slow: stop, and go on at `onDrain`. At most 64 KiB are held per direction.
 * - After a terminal callback (`onClose`, `onError`, the end of both messages) no further callback comes.
 */

/** Body length when it is not known in advance. */
export const UNKNOWN_LENGTH = -1;

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
