import { type Authority, hostOfAuthority, parseAuthority } from "../../lib/host-name.ts";
import type { RequestHead } from "../seam/server.ts";
import { isAll, SENT_TARGET, SP, spanOf, TOKEN } from "../http/characters.ts";
import { FieldSection } from "./field-section.ts";
import { isWebSocketKey } from "../http/field-values.ts";
import { HEAD_ERRORS, type HeadError } from "../http/refusals.ts";
import type { HeadLimits, HeadLines } from "./head-reader.ts";
import type { HeadScan } from "./head-scan.ts";
import { splitAbsoluteTarget, type AbsoluteTarget } from "../http/absolute-target.ts";
import { isWebSocket, offeredProtocols } from "../http/upgrade-protocols.ts";

const METHOD_LIMIT = 32;
const TARGET_LIMIT_BYTES = 8192;
const VERSION_BYTES = 8;
const USUAL_METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"];
const REFUSED_METHODS: ReadonlySet<string> = new Set(["TRACE", "TRACK", "CONNECT"]);

const LIMITS: HeadLimits = {
  startLineBytes: METHOD_LIMIT + 1 + TARGET_LIMIT_BYTES + 1 + VERSION_BYTES + 2,
  startLineError: HEAD_ERRORS.targetTooLong,
  fieldLineBytes: 16_384,
  headBytes: 32_768,
  blankLines: 2,
};

/** Reads request heads (RFC 9112 §3 and §5), refusing everything that two parsers could read in two ways. */
export class RequestHeadParser implements HeadLines {
  readonly limits = LIMITS;
  readonly fields: FieldSection;
  method = "";
  target = "";
  /** The target before it was cut to its origin-form; empty until the request line was read and is right. */
  sentTarget = "";
  /** Of a head that was refused at once: its first line as far as it was received. The reader clears it. */
  refusedLine = "";
  /** As sent, and its canonical host. */
  authority = "";
  host = "";
  http10 = false;
  expectsContinue = false;
  upgrade: string | null = null;
  #absolute: AbsoluteTarget | null = null;

  constructor(options: { readonly underscoresInHeaders: boolean }) {
    this.fields = new FieldSection(options.underscoresInHeaders);
  }

  start(): void {
    this.fields.start();
    this.method = "";
    this.target = "";
    this.sentTarget = "";
    this.authority = "";
    this.host = "";
    this.expectsContinue = false;
    this.upgrade = null;
    this.#absolute = null;
  }

  /** Declared body length: 0 for none, -1 when chunked. */
  get bodyLengthBytes(): number {
    return this.fields.chunked ? -1 : Math.max(0, this.fields.contentLength);
  }

  /** True when the client lets the connection live on after this request (RFC 9112 §9.3). */
  get persistent(): boolean {
    const { connectionClose, connectionKeepAlive } = this.fields;
    return !connectionClose && (!this.http10 || connectionKeepAlive);
  }

  startOfStartLine(text: string, start: number, end: number): HeadError | null {
    const methodEnd = spanOf(TOKEN, text, start, Math.min(end, start + METHOD_LIMIT + 1));
    if (methodEnd - start > METHOD_LIMIT) return HEAD_ERRORS.badRequestLine;
    if (methodEnd === end) return null;
    return methodEnd > start && text.charCodeAt(methodEnd) === SP ? null : HEAD_ERRORS.badRequestLine;
  }

  startLine(text: string, start: number, end: number): HeadError | null {
    const methodEnd = text.indexOf(" ", start);
    const targetEnd = text.indexOf(" ", methodEnd + 1);
    if (methodEnd <= start || targetEnd === -1 || targetEnd >= end) return HEAD_ERRORS.badRequestLine;
    this.target = text.slice(methodEnd + 1, targetEnd);
    const { target } = this;
    const error =
      this.#takeMethod(text, start, methodEnd) ?? this.#judgeTarget() ?? this.#takeVersion(text, targetEnd + 1, end);
    if (error === null || error === HEAD_ERRORS.methodNotAllowed) this.sentTarget = target;
    return error;
  }

  fieldLine(text: string, start: number, end: number): HeadError | null {
    return this.fields.line(text, start, end);
  }

  scannedField(text: string, scan: HeadScan, field: number): HeadError | null {
    return this.fields.scanned(text, scan, field);
  }

  headEnd(): HeadError | null {
    return this.#judgeAuthority() ?? this.#judgeExpectation() ?? this.#findUpgrade();
  }

  toHead(headBytes: number): RequestHead {
    return {
      method: this.method,
      target: this.target,
      sentTarget: this.sentTarget,
      authority: this.authority,
      host: this.host,
      httpVersion: this.http10 ? "1.0" : "1.1",
      headers: this.fields.headers,
      headBytes,
    };
  }

  /** The usual ones are not cut out of the text: what is the same text everywhere is compared faster later. */
  #takeMethod(text: string, start: number, end: number): HeadError | null {
    for (const method of USUAL_METHODS) {
      if (method.length !== end - start || !text.startsWith(method, start)) continue;
      this.method = method;
      return null;
    }
    this.method = text.slice(start, end);
    if (end - start > METHOD_LIMIT || !isAll(TOKEN, this.method)) return HEAD_ERRORS.badRequestLine;
    return REFUSED_METHODS.has(this.method) ? HEAD_ERRORS.methodNotAllowed : null;
  }

  #judgeTarget(): HeadError | null {
    const { target } = this;
    if (target.length > TARGET_LIMIT_BYTES) return HEAD_ERRORS.targetTooLong;
    if (!isAll(SENT_TARGET, target)) return HEAD_ERRORS.badTarget;
    if (target.startsWith("/")) return null;
    if (target === "*") return this.method === "OPTIONS" ? null : HEAD_ERRORS.badTarget;
    const absolute = splitAbsoluteTarget(target, this.method);
    if (absolute === null) return HEAD_ERRORS.badTarget;
    this.#absolute = absolute;
    this.target = absolute.originForm;
    return null;
  }

  #takeVersion(text: string, start: number, end: number): HeadError | null {
    const known = end - start === VERSION_BYTES;
    this.http10 = known && text.startsWith("HTTP/1.0", start);
    if (!this.http10 && !(known && text.startsWith("HTTP/1.1", start))) {
      return text.slice(start, end).includes(" ") ? HEAD_ERRORS.badRequestLine : HEAD_ERRORS.badVersion;
    }
    this.fields.http10 = this.http10;
    return null;
  }

  #judgeAuthority(): HeadError | null {
    const absolute = this.#absolute;
    const sent = this.fields.host;
    if (sent === null && !this.http10) return HEAD_ERRORS.missingHost;
    const authority = sent ?? absolute?.authority ?? "";
    const host = authority === "" && sent === null ? "" : hostOfAuthority(authority);
    if (host === null) return HEAD_ERRORS.badHost;
    this.authority = authority;
    this.host = host;
    return absolute === null || sameAuthority(absolute, authority) ? null : HEAD_ERRORS.hostMismatch;
  }

  #judgeExpectation(): HeadError | null {
    const { expect } = this.fields;
    if (expect === null || this.http10) return null;
    if (expect !== "100-continue") return HEAD_ERRORS.badExpectation;
    this.expectsContinue = this.bodyLengthBytes !== 0;
    return null;
  }

  /** With a body, the end of the request could not be told from the first bytes of the other protocol. */
  #findUpgrade(): null {
    const { fields } = this;
    if (fields.upgrade === null || !fields.connectionUpgrade || this.http10 || this.bodyLengthBytes !== 0) return null;
    const offers = offeredProtocols(fields.upgrade).filter(
      (offer) => !isWebSocket(offer) || this.#isWebSocketHandshake(),
    );
    if (offers.length > 0) this.upgrade = offers.join(", ");
    return null;
  }

  /** RFC 6455 §4.2.1. One that is not complete stays an ordinary request. */
  #isWebSocketHandshake(): boolean {
    const { headers } = this.fields;
    const keys = headers.getAll("sec-websocket-key");
    const versions = headers.getAll("sec-websocket-version");
    if (this.method !== "GET" || keys.length !== 1 || versions.length !== 1 || versions[0] !== "13") return false;
    return isWebSocketKey(keys[0] ?? "");
  }
}

/** Host and port of an absolute-form target must be those of the Host field, default port written or not. */
function sameAuthority(absolute: AbsoluteTarget, host: string): boolean {
  const fromTarget = parseAuthority(absolute.authority);
  const fromHost = parseAuthority(host);
  if (!fromTarget.ok || !fromHost.ok) return false;
  return (
    fromTarget.value.host === fromHost.value.host &&
    portOf(fromTarget.value, absolute) === portOf(fromHost.value, absolute)
  );
}

function portOf(authority: Authority, absolute: AbsoluteTarget): number {
  return authority.port ?? absolute.defaultPort;
}
