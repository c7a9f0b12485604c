/** Characters that may stand unescaped in a path (RFC 3986 §3.3, plus `%` of escapes that are already there). */
const ALLOWED_RAW = new Uint8Array(256);
/** The same without `%`: for text that is decoded. */
const ALLOWED_DECODED = new Uint8Array(256);
/** Those of a path and `?` (RFC 3986 §3.4). */
const ALLOWED_QUERY = new Uint8Array(256);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/[]") {
  ALLOWED_RAW[character.charCodeAt(0)] = 1;
  ALLOWED_DECODED[character.charCodeAt(0)] = 1;
  ALLOWED_QUERY[character.charCodeAt(0)] = 1;
}
const PERCENT = 0x25;
ALLOWED_RAW[PERCENT] = 1;
ALLOWED_QUERY[PERCENT] = 1;
ALLOWED_QUERY[0x3f] = 1;

/** Percent-encodes what must not stand raw in a path that still carries its escapes. */
export function encodePath(path: string): string {
  return encode(path, ALLOWED_RAW);
}

/** The same for a query with its `?`, or for a whole target: escapes stay, whether they are good or broken. */
export function encodeQuery(query: string): string {
  return encode(query, ALLOWED_QUERY);
}

/** Percent-encodes decoded text (one character a byte) so that it is a path, or part of one: `?`, `#`, `%`, controls and all. */
export function encodeDecoded(text: string): string {
  return encode(text, ALLOWED_DECODED);
}

function encode(text: string, allowed: Uint8Array): string {
  let out = "";
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 256 && allowed[code] === 1) continue;
    out += text.slice(start, i) + escapeByte(code);
    start = i + 1;
  }
  return start === 0 ? text : out + text.slice(start);
}

function escapeByte(code: number): string {
  return `%${(code & 0xff).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** One decoding, one character a byte. Broken escapes stay as they are. */
export function decodeEscapes(text: string): string {
  let out = "";
  let start = 0;
  for (let at = text.indexOf("%"); at !== -1; at = text.indexOf("%", at + 1)) {
    const byte = escapedByte(text, at);
    if (Number.isNaN(byte)) continue;
    out += text.slice(start, at) + String.fromCharCode(byte);
    start = at + 3;
    at += 2;
  }
  return start === 0 ? text : out + text.slice(start);
}

/** True when a `%` is not followed by two hex digits. */
export function hasBrokenEscape(text: string): boolean {
  for (let at = text.indexOf("%"); at !== -1; at = text.indexOf("%", at + 1)) {
    if (Number.isNaN(escapedByte(text, at))) return true;
  }
  return false;
}

/** Value of the escape at `at`; NaN when it is broken. */
function escapedByte(text: string, at: number): number {
  return hexValue(text.charCodeAt(at + 1)) * 16 + hexValue(text.charCodeAt(at + 2));
}

/** Value of an ASCII hex digit; NaN for anything else. */
function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : Number.NaN;
}
