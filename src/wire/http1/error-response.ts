import { dateLine } from "./date-line.ts";
import type { HeadError } from "./head-error.ts";
import { reasonPhrase } from "./reason-phrases.ts";

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

/** What `Allow` names: the registered methods that are not refused on the wire. */
export const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
