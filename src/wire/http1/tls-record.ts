import type { HeadError } from "../http/refusals.ts";
import type { InputBuffer } from "../socket/input-buffer.ts";

const ALERT = 0x15;
const HANDSHAKE = 0x16;
/** All TLS versions have 3 as the major one on the wire. */
const MAJOR_VERSION = 3;

/** What is wrong with an answer, for logs. That its peer speaks TLS is seen at what was received last, whose first bytes are still there. */
export function detailOf({ code }: HeadError, { bytes }: InputBuffer): string {
  return isTlsRecord(bytes) ? "a TLS record" : code;
}

/** One that a server sends unasked: an alert to what was no ClientHello, or a handshake (RFC 8446 §5.1). */
function isTlsRecord(bytes: Uint8Array): boolean {
  const type = bytes[0];
  return (type === ALERT || type === HANDSHAKE) && bytes[1] === MAJOR_VERSION;
}
