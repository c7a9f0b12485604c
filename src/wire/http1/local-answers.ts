import { HeaderList } from "../http/header-list.ts";
import type { ServerStream } from "../seam/seam.ts";
import { dateLine } from "../http/date-line.ts";
import type { HeadError } from "../http/refusals.ts";
import { reasonPhrase } from "../http/reason-phrases.ts";

/** What `Allow` names: the registered methods that are not refused on the wire. */
const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** A whole small response to a request that was refused on the wire. The connection is closed after it. */
export function formatErrorResponse(error: HeadError, method: string, nowMs: number): string {
  const body = `${error.status} ${reasonPhrase(error.status)}\n${error.code}\n`;
  return [
    `HTTP/1.1 ${error.status} ${reasonPhrase(error.status)}\r\n`,
    "Content-Type: text/plain; charset=utf-8\r\n",
    `Content-Length: ${body.length}\r\n`,
    error.status === 405 ? `Allow: ${ALLOWED_METHODS}\r\n` : "",
    "Connection: close\r\n",
    dateLine(nowMs),
    "\r\n",
    method === "HEAD" ? "" : body,
  ].join("");
}

/** `OPTIONS *` asks about the server, not about a host (RFC 9110 §9.3.7). */
export function answerAsterisk(stream: ServerStream): void {
  stream.resumeBody();
  stream.sendHead(200, HeaderList.from([["Allow", ALLOWED_METHODS]]), 0);
  stream.end(null);
}
