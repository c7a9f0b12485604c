import type { InputBuffer } from "./input-buffer.ts";

const ALERT = 0x15;
const HANDSHAKE = 0x16;
/** All TLS versions have 3 as the major one on the wire. */
const MAJOR_VERSION = 3;

/** The detail of an answer that is none because the peer speaks TLS. */
export const TLS_RECORD = "a TLS record";

/** True where a TLS record begins that a server sends unasked: an alert to what was no ClientHello, or a handshake (RFC 8446 §5.1). */
export function startsWithTlsRecord({ bytes, at }: InputBuffer): boolean {
  const type = bytes[at];
  return (type === ALERT || type === HANDSHAKE) && bytes[at + 1] === MAJOR_VERSION;
}
