/** What an HTTP/2 client sends first (RFC 9113 §3.4). No HTTP/1.1 request begins with it. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Bytes needed to tell whether a connection starts with HTTP/2's preface; 0 when that is known. */
export function prefaceBytesNeeded(bytes: Buffer): number {
  if (bytes.length >= PREFACE.length) return 0;
  return PREFACE.subarray(0, bytes.length).equals(bytes) ? bytes.length + 1 : 0;
}

/** True for a connection that starts with HTTP/2's preface. */
export function startsWithPreface(bytes: Buffer): boolean {
  return bytes.length >= PREFACE.length && bytes.subarray(0, PREFACE.length).equals(PREFACE);
}
