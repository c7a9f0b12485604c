import { HeaderList } from "../http/header-list.ts";
import { isAll, isFieldText, TARGET, TOKEN } from "../http/characters.ts";
import { parseLength } from "../http/field-values.ts";
import type { ClientRequestHead } from "../seam/client.ts";
import { UNKNOWN_LENGTH } from "../seam/rules.ts";
import { isTrailerName, NOT_IN_HTTP2 } from "./response-fields.ts";

/**
 * A request head as node:http2 takes it: names and values in turns, the pseudo-headers first (RFC 9113 §8.3.1). Null when it
 * could not be sent as it is.
 */
export function requestFields(head: ClientRequestHead, scheme: "http" | "https"): string[] | null {
  const { method, target, headers, bodyLengthBytes } = head;
  if (head.upgrade !== null || !isAll(TOKEN, method) || target === "" || !isAll(TARGET, target)) return null;
  const fields = [":method", method, ":scheme", scheme, ":authority", headers.get("host") ?? "", ":path", target];
  for (let i = 0; i < headers.length; i++) {
    const { lower: name, valid } = headers.nameAt(i);
    const value = headers.valueAt(i);
    if (!valid || !isFieldText(value)) return null;
    if (name === "te" ? value === "trailers" : name !== "host" && !NOT_IN_HTTP2.has(name)) fields.push(name, value);
  }
  if (bodyLengthBytes > 0) fields.push("content-length", String(bodyLengthBytes));
  return fields;
}

/** A response head as it came. */
export interface ResponseFields {
  readonly status: number;
  /** Without framing. */
  readonly headers: HeaderList;
  /** UNKNOWN_LENGTH when none was declared. */
  readonly contentLength: number;
  /** As it would be without compression. */
  readonly bytes: number;
}

/** Reads the fields of a HEADERS frame, names and values in turns; null when they are no response head. nghttp2 has checked names and values. */
export function parseResponseFields(fields: readonly string[]): ResponseFields | null {
  const headers = new HeaderList();
  let status = 0;
  let contentLength = UNKNOWN_LENGTH;
  let bytes = 0;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    bytes += name.length + value.length + 4;
    if (name === ":status") {
      status = Number(value);
    } else if (name === "content-length") {
      if (contentLength !== UNKNOWN_LENGTH) return null;
      contentLength = parseLength(value);
      if (contentLength === -1) return null;
    } else if (!NOT_IN_HTTP2.has(name)) {
      headers.append(name, value);
    }
  }
  // 101 has no meaning here (RFC 9113 §8.6).
  if (!Number.isInteger(status) || status < 100 || status > 999 || status === 101) return null;
  return { status, headers, contentLength, bytes };
}

/** A trailer section, names and values in turns, without what does not belong into one; null when nothing is left. */
export function parseTrailerFields(fields: readonly string[]): HeaderList | null {
  const trailers = new HeaderList();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (isTrailerName(name)) trailers.append(name, fields[i + 1] as string);
  }
  return trailers.length === 0 ? null : trailers;
}
