import { parseLength } from "../http/field-values.ts";

/** Fields that no HTTP/2 message may carry (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
/** Bits of the pseudo-headers seen. */
const PSEUDO: ReadonlyMap<string, number> = new Map([
  [":method", 1],
  [":scheme", 2],
  [":path", 4],
  [":authority", 8],
]);
const NEEDED = 1 | 2 | 4;
const COLON_CODE = 0x3a;
/** What would let an authority be taken for more than host and port. */
const NOT_IN_AUTHORITY = /[@/\\?#\s]/;

/**
 * True for the fields of a request, names and values in turns, that is well-formed (RFC 9113 §8.1.1): each pseudo-header once and
 * first, no connection fields, one Content-Length at most. Anything else is a stream error, and reaches no handler.
 */
export function isWellFormedRequest(fields: readonly string[]): boolean {
  let seen = 0;
  let method = "";
  let regular = false;
  let lengths = 0;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (name.charCodeAt(0) === COLON_CODE) {
      const bit = PSEUDO.get(name);
      if (bit === undefined || regular || (seen & bit) !== 0 || !isPseudoValue(name, value)) return false;
      seen |= bit;
      if (bit === 1) method = value;
      continue;
    }
    regular = true;
    if (isOfConnection(name, value)) return false;
    if (name === "content-length" && (lengths++ > 0 || parseLength(value) === -1)) return false;
  }
  return method === "CONNECT" ? (seen & 1) !== 0 : (seen & NEEDED) === NEEDED && isPathFor(method, fields);
}

/** True when a trailer section has no pseudo-header (RFC 9113 §8.1). */
export function isWellFormedTrailer(fields: readonly string[]): boolean {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.charCodeAt(0) === COLON_CODE || CONNECTION_FIELDS.has(name)) return false;
  }
  return true;
}

/** True of a field that only HTTP/1 may have (RFC 9113 §8.2.2). */
function isOfConnection(name: string, value: string): boolean {
  return CONNECTION_FIELDS.has(name) || (name === "te" && value.toLowerCase() !== "trailers");
}

function isPseudoValue(name: string, value: string): boolean {
  if (value === "") return false;
  if (name === ":authority") return !NOT_IN_AUTHORITY.test(value);
  return !value.includes(" ") && !value.includes("\t");
}

/** Origin-form; `*` goes with OPTIONS alone. */
function isPathFor(method: string, fields: readonly string[]): boolean {
  const path = fields[fields.indexOf(":path") + 1] ?? "";
  return path === "*" ? method === "OPTIONS" : path.startsWith("/");
}
