import { httpDate } from "../http/date-line.ts";
import type { HeaderList } from "../http/header-list.ts";
import { isFieldText } from "../http/characters.ts";
import { parseLength } from "../http/field-values.ts";
import { UNKNOWN_LENGTH } from "../seam/rules.ts";

/** Fields that HTTP/2 does not have (RFC 9113 §8.2.2), and framing, which is the stream's own. */
export const NOT_IN_HTTP2: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "te",
  "content-length",
]);

/** What a trailer section must not carry (RFC 9110 §6.5.1): framing, routing, authentication and content negotiation. */
const NOT_IN_TRAILERS = new Set([...NOT_IN_HTTP2, "host", "trailer", "authorization", "set-cookie", "content-type"]);

/** What a response head depends on beside its own fields. */
interface HeadContext {
  /** No body follows, whatever the length says. */
  readonly bodiless: boolean;
  readonly nowMs: number;
}

/**
 * A response head, names and values in turns, with the date of now where it has none. Null when a field could not be sent as it
 * is, or would smuggle another in.
 */
export function responseFields(
  status: number,
  headers: HeaderList,
  lengthBytes: number,
  { bodiless, nowMs }: HeadContext,
): string[] | null {
  if (!Number.isInteger(status) || status < 200 || status > 999) return null;
  const fields = [":status", String(status)];
  for (let i = 0; i < headers.length; i++) {
    const { lower: name, valid } = headers.nameAt(i);
    const value = headers.valueAt(i);
    if (!valid || !isFieldText(value)) return null;
    if (!NOT_IN_HTTP2.has(name)) fields.push(name, value);
  }
  const length = bodiless ? bodilessLength(status, headers, lengthBytes) : lengthBytes;
  // gRPC's Trailers-Only answer is head and trailers in one, and no body that could have a length.
  if (length !== UNKNOWN_LENGTH && !headers.has("grpc-status")) fields.push("content-length", String(length));
  if (!headers.has("date")) fields.push("date", httpDate(nowMs));
  return fields;
}

/** An answer to HEAD, or a 304, may say how long the body would have been (RFC 9110 §8.6). */
function bodilessLength(status: number, headers: HeaderList, lengthBytes: number): number {
  if (status === 204) return UNKNOWN_LENGTH;
  const given = parseLength(headers.get("content-length") ?? "");
  if (given !== -1) return given;
  return lengthBytes > 0 ? lengthBytes : UNKNOWN_LENGTH;
}

/** An interim head; null like a response head. */
export function informationalFields(status: number, headers: HeaderList): string[] | null {
  return collect([":status", String(status)], headers, NOT_IN_HTTP2);
}

/** A trailer section without what does not belong into one; null like a response head. */
export function trailerFields(trailers: HeaderList): string[] | null {
  return collect([], trailers, NOT_IN_TRAILERS);
}

/** True for names that a client's trailers may carry. */
export function isTrailerName(name: string): boolean {
  return !NOT_IN_TRAILERS.has(name) && !name.startsWith(":");
}

function collect(fields: string[], headers: HeaderList, dropped: ReadonlySet<string>): string[] | null {
  for (let i = 0; i < headers.length; i++) {
    const { lower: name, valid } = headers.nameAt(i);
    const value = headers.valueAt(i);
    if (!valid || !isFieldText(value)) return null;
    if (!dropped.has(name)) fields.push(name, value);
  }
  return fields;
}
