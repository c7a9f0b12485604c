import type { Refusal } from "../seam/server.ts";
import { CR, LF } from "../http/characters.ts";
import { dateLine } from "../http/date-line.ts";
import { statusLine } from "../http/reason-phrases.ts";
import { ALLOWED_METHODS, type HeadError, refusalText } from "../http/refusals.ts";
import type { InputBuffer } from "../socket/input-buffer.ts";
import type { RequestHeadParser } from "./request-head.ts";

/** What a log shows of a request line that was not understood. */
const LINE_LIMIT_BYTES = 1024;

/** A whole small response to a request that was refused on the wire. The connection is closed after it. */
export function formatErrorResponse(error: HeadError, method: string, nowMs: number): string {
  const body = refusalText(error);
  return [
    `${statusLine(error.status)}\r\n`,
    "Content-Type: text/plain; charset=utf-8\r\n",
    `Content-Length: ${body.length}\r\n`,
    error.status === 405 ? `Allow: ${ALLOWED_METHODS}\r\n` : "",
    "Connection: close\r\n",
    dateLine(nowMs),
    "\r\n",
    method === "HEAD" ? "" : body,
  ].join("");
}

/** The report of a request whose head was refused with that answer. `headBytes`: those of the lines that were read. */
export function describeRefusal(
  error: HeadError,
  answer: string,
  parser: RequestHeadParser,
  headBytes: number,
): Omit<Refusal, "requestLine"> {
  const lineRead = parser.sentTarget !== "";
  return {
    status: error.status,
    code: error.code,
    method: parser.method,
    target: parser.target,
    headers: lineRead ? parser.fields.headers : null,
    httpVersion: parser.http10 ? "1.0" : "1.1",
    // As in nginx, where a line that is no request line does not count.
    requestBytes: lineRead ? headBytes : 0,
    responseBytes: answer.length,
    bodyBytes: answer.length - (answer.indexOf("\r\n\r\n") + 4),
  };
}

/** The request line as far as it came, after the blank lines that some clients put behind a body; at most 1 KiB. */
export function firstLine({ bytes, at, end }: Pick<InputBuffer, "bytes" | "at" | "end">): string {
  let from = at;
  while (from < end && isLineEnd(bytes[from])) from++;
  const limit = Math.min(end, from + LINE_LIMIT_BYTES);
  let to = from;
  while (to < limit && !isLineEnd(bytes[to])) to++;
  return bytes.toString("latin1", from, to);
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === CR || byte === LF;
}
