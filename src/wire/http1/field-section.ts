import { FIELD_TEXT, HTAB, SP, spanOf } from "../http/characters.ts";
import { fieldName, fieldNameAt, type FieldName } from "../http/field-name.ts";
import { HEAD_ERRORS, type HeadError } from "../http/refusals.ts";
import type { HeadScan } from "./head-scan.ts";
import { HeaderList } from "../http/header-list.ts";
import { connectionOptions, keepAliveHint, parseLength, transferCodingError } from "../http/field-values.ts";

/** What the fields of one head say about framing and the connection, besides the list of all others. */
export class FieldSection {
  headers = new HeaderList();
  http10 = false;
  /** -1 when there was no Content-Length. */
  contentLength = -1;
  chunked = false;
  host: string | null = null;
  expect: string | null = null;
  /** Of all Upgrade fields, joined by commas. */
  upgrade: string | null = null;
  connectionClose = false;
  connectionKeepAlive = false;
  connectionUpgrade = false;
  /** `timeout` of a Keep-Alive field. */
  keepAliveHintMs: number | null = null;
  readonly #keepUnderscores: boolean;

  /** `keepUnderscores` false: fields with `_` in their name are dropped. */
  constructor(keepUnderscores: boolean) {
    this.#keepUnderscores = keepUnderscores;
  }

  start(): void {
    this.headers = new HeaderList();
    this.http10 = false;
    this.contentLength = -1;
    this.chunked = false;
    this.host = null;
    this.expect = null;
    this.upgrade = null;
    this.connectionClose = false;
    this.connectionKeepAlive = false;
    this.connectionUpgrade = false;
    this.keepAliveHintMs = null;
  }

  /** Takes the field line `text[start, end)`, which is without its CRLF (RFC 9112 §5). */
  line(text: string, start: number, end: number): HeadError | null {
    const colon = text.indexOf(":", start);
    if (colon === -1 || colon >= end) return HEAD_ERRORS.badFieldName;
    const name = fieldName(text.slice(start, colon));
    if (!name.valid) return HEAD_ERRORS.badFieldName;
    let from = colon + 1;
    let to = end;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    if (spanOf(FIELD_TEXT, text, from, to) !== to) return HEAD_ERRORS.badFieldValue;
    return this.#field(name, text.slice(from, to));
  }

  /** As `line`, for a field that was scanned: its characters are right. */
  scanned(text: string, scan: HeadScan, field: number): HeadError | null {
    const name = fieldNameAt(text, scan.nameStart(field), scan.nameEnd(field));
    if (!name.valid) return HEAD_ERRORS.badFieldName;
    return this.#field(name, text.slice(scan.valueStart(field), scan.valueEnd(field)));
  }

  #field(name: FieldName, value: string): HeadError | null {
    const take = name.role !== null ? SPECIAL_FIELDS.get(name.lower) : undefined;
    if (take !== undefined) return take(this, name, value);
    if (!name.hasUnderscore || this.#keepUnderscores) this.headers.push(name, value);
    return null;
  }
}

type SpecialField = (section: FieldSection, name: FieldName, value: string) => HeadError | null;

/** Fields the engine itself reads. Those that are its own business alone never reach the header list. */
const SPECIAL_FIELDS: ReadonlyMap<string, SpecialField> = new Map<string, SpecialField>([
  ["content-length", takeContentLength],
  ["transfer-encoding", takeTransferEncoding],
  ["host", takeHost],
  ["expect", takeExpect],
  ["connection", takeConnection],
  ["upgrade", takeUpgrade],
  ["keep-alive", takeKeepAlive],
]);

function takeContentLength(section: FieldSection, _name: FieldName, value: string): HeadError | null {
  if (section.contentLength !== -1) return HEAD_ERRORS.repeatedContentLength;
  if (section.chunked) return HEAD_ERRORS.lengthAndTransferEncoding;
  const length = parseLength(value);
  if (length === -1) return HEAD_ERRORS.badContentLength;
  section.contentLength = length;
  return null;
}

function takeTransferEncoding(section: FieldSection, _name: FieldName, value: string): HeadError | null {
  if (section.http10) return HEAD_ERRORS.transferEncodingInHttp10;
  if (section.chunked) return HEAD_ERRORS.repeatedTransferEncoding;
  if (section.contentLength !== -1) return HEAD_ERRORS.lengthAndTransferEncoding;
  const error = transferCodingError(value);
  if (error !== null) return error;
  section.chunked = true;
  return null;
}

function takeHost(section: FieldSection, _name: FieldName, value: string): HeadError | null {
  if (section.host !== null) return HEAD_ERRORS.repeatedHost;
  section.host = value;
  return null;
}

function takeExpect(section: FieldSection, _name: FieldName, value: string): HeadError | null {
  // A second Expect makes the pair something we do not know how to meet, whatever each of them says.
  section.expect = section.expect === null ? value.toLowerCase() : "repeated";
  return null;
}

function takeConnection(section: FieldSection, name: FieldName, value: string): HeadError | null {
  const options = connectionOptions(value);
  if (options.close) section.connectionClose = true;
  if (options.keepAlive) section.connectionKeepAlive = true;
  if (options.upgrade) section.connectionUpgrade = true;
  section.headers.push(name, value);
  return null;
}

function takeUpgrade(section: FieldSection, name: FieldName, value: string): HeadError | null {
  section.upgrade = section.upgrade === null ? value : `${section.upgrade},${value}`;
  section.headers.push(name, value);
  return null;
}

function takeKeepAlive(section: FieldSection, name: FieldName, value: string): HeadError | null {
  section.keepAliveHintMs = keepAliveHint(value);
  section.headers.push(name, value);
  return null;
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}
