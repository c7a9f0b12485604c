import { hostOfAuthority, parseAuthority } from "../../lib/host-name.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { HeaderList } from "../http/header-list.ts";
import { isAll, SENT_TARGET, TOKEN } from "../http/characters.ts";
import { parseLength } from "../http/field-values.ts";
import { HEAD_ERRORS, type HeadError } from "../http/refusals.ts";
import type { RequestHead } from "../seam/server.ts";

/** A request head that may be handed on. */
export interface RequestFields {
  readonly head: RequestHead;
  /** Declared body length; -1 when none was declared. */
  readonly contentLength: number;
  readonly expectsContinue: boolean;
  /** `te: trailers`. */
  readonly takesTrailers: boolean;
}

/** What is wrong, with as much of the request line as there is, for logs. */
export interface RefusedFields {
  readonly error: HeadError;
  readonly method: string;
  readonly target: string;
  /** Null where they were too many to be read. */
  readonly headers: HeaderList | null;
  /** Of the head, as it would be without compression. */
  readonly bytes: number;
}

const BAD_SCHEME: HeadError = { status: 400, code: "bad-scheme" };
const METHOD_LIMIT = 32;
const TARGET_LIMIT = 8192;
const REFUSED_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["https", 443],
]);

/**
 * Turns the fields of a HEADERS frame (RFC 9113 §8.3), alternating names and values, into a request head. `isWellFormedRequest` has checked
 * names, values and the set of pseudo-headers; here come the rules that it leaves open and that HTTP/1.1 requests meet too.
 */
export function parseRequestFields(
  fields: readonly string[],
  keepUnderscores: boolean,
): Result<RequestFields, RefusedFields> {
  const draft = new Draft(keepUnderscores);
  for (let i = 0; i + 1 < fields.length; i += 2) draft.field(fields[i] as string, fields[i + 1] as string);
  const error = draft.error ?? judge(draft);
  if (error !== null)
    return err({ error, method: draft.method, target: draft.path, headers: draft.headers, bytes: draft.bytes });
  return ok({
    head: {
      method: draft.method,
      target: draft.path,
      sentTarget: draft.path,
      authority: draft.authority ?? draft.host ?? "",
      host: draft.canonicalHost,
      httpVersion: "2.0",
      headers: draft.headers,
      headBytes: draft.bytes,
    },
    contentLength: draft.contentLength,
    expectsContinue: draft.expect === "100-continue",
    takesTrailers: draft.takesTrailers,
  });
}

class Draft {
  readonly headers = new HeaderList();
  method = "";
  scheme = "";
  path = "";
  authority: string | null = null;
  host: string | null = null;
  /** Of both of them. */
  canonicalHost = "";
  expect: string | null = null;
  contentLength = -1;
  takesTrailers = false;
  /** As they would be without compression. */
  bytes = 0;
  error: HeadError | null = null;
  readonly #keepUnderscores: boolean;

  constructor(keepUnderscores: boolean) {
    this.#keepUnderscores = keepUnderscores;
  }

  field(name: string, value: string): void {
    this.bytes += name.length + value.length + 4;
    const take = SPECIAL_FIELDS.get(name);
    if (take !== undefined) take(this, value);
    else if (this.#keepUnderscores || !name.includes("_")) this.headers.append(name, value);
  }
}

const SPECIAL_FIELDS: ReadonlyMap<string, (draft: Draft, value: string) => void> = new Map([
  [":method", (draft: Draft, value: string) => void (draft.method = value)],
  [":scheme", (draft: Draft, value: string) => void (draft.scheme = value)],
  [":path", (draft: Draft, value: string) => void (draft.path = value)],
  [":authority", (draft: Draft, value: string) => void (draft.authority = value)],
  ["host", takeHost],
  ["expect", takeExpect],
  ["content-length", takeContentLength],
  ["te", takeTe],
]);

function takeHost(draft: Draft, value: string): void {
  if (draft.host !== null) draft.error = HEAD_ERRORS.repeatedHost;
  draft.host = value;
}

function takeExpect(draft: Draft, value: string): void {
  draft.expect = draft.expect === null ? value.toLowerCase() : "repeated";
}

function takeContentLength(draft: Draft, value: string): void {
  if (draft.contentLength !== -1) draft.error = HEAD_ERRORS.repeatedContentLength;
  draft.contentLength = parseLength(value);
  if (draft.contentLength === -1) draft.error = HEAD_ERRORS.badContentLength;
}

function takeTe(draft: Draft, value: string): void {
  draft.takesTrailers = value.toLowerCase() === "trailers";
  draft.headers.append("te", value);
}

function judge(draft: Draft): HeadError | null {
  if (REFUSED_METHODS.has(draft.method)) return HEAD_ERRORS.methodNotAllowed;
  if (draft.method.length > METHOD_LIMIT || !isAll(TOKEN, draft.method)) return HEAD_ERRORS.badRequestLine;
  if (!DEFAULT_PORTS.has(draft.scheme)) return BAD_SCHEME;
  return judgePath(draft) ?? judgeAuthority(draft) ?? judgeExpect(draft);
}

/** Origin-form, or `*` for OPTIONS. A fragment never belongs into a request. */
function judgePath(draft: Draft): HeadError | null {
  const path = draft.path;
  if (path.length > TARGET_LIMIT) return HEAD_ERRORS.targetTooLong;
  if (path === "*") return draft.method === "OPTIONS" ? null : HEAD_ERRORS.badTarget;
  return path.startsWith("/") && isAll(SENT_TARGET, path) && !path.includes("#") ? null : HEAD_ERRORS.badTarget;
}

/** `:authority` and Host must name the same host and port, whichever of them is there (RFC 9113 §8.3.1). */
function judgeAuthority(draft: Draft): HeadError | null {
  const text = draft.authority ?? draft.host;
  if (text === null) return HEAD_ERRORS.missingHost;
  const canonical = hostOfAuthority(text);
  if (canonical === null) return HEAD_ERRORS.badHost;
  draft.canonicalHost = canonical;
  if (draft.authority === null || draft.host === null || draft.host === draft.authority) return null;
  const authority = parseAuthority(draft.authority);
  const host = parseAuthority(draft.host);
  if (!authority.ok || !host.ok) return HEAD_ERRORS.badHost;
  const defaultPort = DEFAULT_PORTS.get(draft.scheme);
  const same =
    host.value.host === authority.value.host &&
    (host.value.port ?? defaultPort) === (authority.value.port ?? defaultPort);
  return same ? null : HEAD_ERRORS.hostMismatch;
}

function judgeExpect(draft: Draft): HeadError | null {
  return draft.expect === null || draft.expect === "100-continue" ? null : HEAD_ERRORS.badExpectation;
}
