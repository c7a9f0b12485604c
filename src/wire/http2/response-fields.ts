import type { OutgoingHttpHeaders } from "node:http2";
import type { HeaderList } from "../header-list.ts";
import { UNKNOWN_LENGTH } from "../seam.ts";

/** Fields that HTTP/2 does not have (RFC 9113 §8.2.2), and framing, which is the stream's own. */
const NOT_IN_HTTP2 = new Set([
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

/** A response head as node:http2 takes it: names and values in turns. Statuses without a body have no length. */
export function responseFields(status: number, headers: HeaderList, lengthBytes: number, bodiless: boolean): string[] {
  const fields = [":status", String(status)];
  for (let i = 0; i < headers.length; i++) {
    const name = headers.names[i] as string;
    if (!NOT_IN_HTTP2.has(name)) fields.push(name, headers.values[i] as string);
  }
  // To HEAD and 304 a length tells what GET would get; nobody knows it when it is 0.
  const hasLength = bodiless ? lengthBytes > 0 && status !== 204 : lengthBytes !== UNKNOWN_LENGTH;
  if (hasLength) fields.push("content-length", String(lengthBytes));
  return fields;
}

/** An interim head. */
export function informationalFields(status: number, headers: HeaderList): OutgoingHttpHeaders {
  return { ...collect(headers, NOT_IN_HTTP2), ":status": status };
}

/** A trailer section without what does not belong into one. */
export function trailerFields(trailers: HeaderList): OutgoingHttpHeaders {
  return collect(trailers, NOT_IN_TRAILERS);
}

/** True for names that a client's trailers may carry. */
export function isTrailerName(name: string): boolean {
  return !NOT_IN_TRAILERS.has(name) && !name.startsWith(":");
}

/** Bytes of a head as they would be without compression. */
export function fieldBytes(fields: readonly string[]): number {
  let bytes = 0;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    bytes += (fields[i] as string).length + (fields[i + 1] as string).length + 4;
  }
  return bytes;
}

function collect(headers: HeaderList, dropped: ReadonlySet<string>): OutgoingHttpHeaders {
  const byName = new Map<string, string[]>();
  for (let i = 0; i < headers.length; i++) {
    const name = headers.names[i] as string;
    if (dropped.has(name)) continue;
    const values = byName.get(name);
    if (values === undefined) byName.set(name, [headers.values[i] as string]);
    else values.push(headers.values[i] as string);
  }
  return Object.fromEntries(byName);
}
