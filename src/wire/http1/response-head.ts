import { FIELD_TEXT, spanOf } from "../http/characters.ts";
import { FieldSection } from "./field-section.ts";
import { parseLength } from "../http/field-values.ts";
import { HEAD_ERRORS, type HeadError } from "../http/refusals.ts";
import type { HeadLimits, HeadLines } from "./head-reader.ts";
import { HeadPair, HeadSource } from "./head-source.ts";
import type { HeadScan } from "./head-scan.ts";

const USUAL_HEAD_BYTES = 65_536;
const VERSION_PREFIX = "HTTP/1.";

function limitsOf(headBytes: number): HeadLimits {
  return {
    startLineBytes: headBytes,
    startLineError: HEAD_ERRORS.headTooLarge,
    fieldLineBytes: headBytes,
    headBytes,
    blankLines: 0,
  };
}

const USUAL_LIMITS = limitsOf(USUAL_HEAD_BYTES);

/** Reads response heads (RFC 9112 §4 and §5) from a backend that may be hostile. The reason phrase is dropped. */
export class ResponseHeadParser implements HeadLines {
  readonly limits: HeadLimits;
  readonly fields = new FieldSection(true);
  status = 0;

  constructor(headBytes = USUAL_HEAD_BYTES) {
    this.limits = headBytes === USUAL_HEAD_BYTES ? USUAL_LIMITS : limitsOf(headBytes);
  }

  start(): void {
    this.fields.start();
    this.status = 0;
  }

  /**
   * True when the backend lets the connection live on after this response. A 204 that announces a body, which it cannot have, may
   * be followed by one all the same: those bytes would be taken for the next answer.
   */
  get persistent(): boolean {
    const { http10, connectionClose, connectionKeepAlive, chunked, contentLength } = this.fields;
    if (this.status === 204 && (chunked || contentLength > 0)) return false;
    return !connectionClose && (!http10 || connectionKeepAlive);
  }

  startOfStartLine(text: string, start: number, end: number): HeadError | null {
    const length = Math.min(VERSION_PREFIX.length, end - start);
    return text.startsWith(VERSION_PREFIX.slice(0, length), start) ? null : HEAD_ERRORS.badStatusLine;
  }

  startLine(text: string, start: number, end: number): HeadError | null {
    // Not for sure judged before: a line that begins with CR could have been a blank one.
    if (!text.startsWith(VERSION_PREFIX, start)) return HEAD_ERRORS.badStatusLine;
    const minor = text.charAt(start + VERSION_PREFIX.length);
    const statusStart = start + VERSION_PREFIX.length + 2;
    const statusEnd = statusStart + 3;
    if ((minor !== "0" && minor !== "1") || text.charAt(statusStart - 1) !== " ") return HEAD_ERRORS.badStatusLine;
    // Many backends leave out the space that should precede an empty reason phrase.
    if (end < statusEnd || (end > statusEnd && text.charAt(statusEnd) !== " ")) return HEAD_ERRORS.badStatusLine;
    if (spanOf(FIELD_TEXT, text, statusEnd, end) !== end) return HEAD_ERRORS.badStatusLine;
    const status = parseLength(text.slice(statusStart, statusEnd));
    // Above 599 is no class of RFC 9110 §15, but some applications have their own.
    if (status < 100) return HEAD_ERRORS.badStatusLine;
    this.fields.http10 = minor === "0";
    this.status = status;
    return null;
  }

  fieldLine(text: string, start: number, end: number): HeadError | null {
    return this.fields.line(text, start, end);
  }

  scannedField(text: string, scan: HeadScan, field: number): HeadError | null {
    return this.fields.scanned(text, scan, field);
  }

  headEnd(): HeadError | null {
    if (this.status >= 200) return null;
    // HTTP/1.0 has no interim responses, and none of them has a body (RFC 9110 §15.2).
    if (this.fields.http10) return HEAD_ERRORS.badStatusLine;
    if (this.fields.chunked) return HEAD_ERRORS.badTransferEncoding;
    return this.fields.contentLength > 0 ? HEAD_ERRORS.badContentLength : null;
  }
}

/** The response heads of one connection; `headBytes` is asked for the limit of one that is long or comes in pieces. */
export function openResponseHeads(headBytes: () => number): HeadSource<ResponseHeadParser> {
  return new HeadSource(COMMON_PAIR, () => new HeadPair(new ResponseHeadParser(headBytes())));
}

const COMMON_PAIR = new HeadPair(new ResponseHeadParser());
