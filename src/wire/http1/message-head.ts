import type { CommonFields, HeaderList } from "../http/header-list.ts";
import type { ClientRequestHead } from "../seam/client.ts";
import { UNKNOWN_LENGTH } from "../seam/rules.ts";
import { isAll, isFieldText, TARGET, TOKEN } from "../http/characters.ts";
import { statusLine } from "../http/reason-phrases.ts";

/** Methods for which the absence of a body is worth saying (RFC 9110 §8.6). */
const BODY_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/**
 * The head of a request to an endpoint, framing written by us in canonical form. Null when any part of it could not be sent
 * without changing the message: control characters, text that is not latin1, or fields that only the engine writes.
 */
export function formatRequestHead(head: ClientRequestHead): string | null {
  const { method, headers } = head;
  if (!isAll(TOKEN, method) || !isAll(TARGET, head.target)) return null;
  const lines = requestLines(headers);
  if (lines === null) return null;
  const text = `${method === "GET" ? "GET " : `${method} `}${head.target} HTTP/1.1${lines}`;
  return head.upgrade === null ? text + requestFraming(head) : withUpgrade(text, head);
}

/** Each with the line end before it. */
function requestLines(headers: HeaderList): string | null {
  const { common, ownLength } = headers;
  let text = "";
  for (let i = 0; i < ownLength; i++) {
    const name = headers.nameAt(i);
    const value = headers.valueAt(i);
    if (!name.valid || name.role === "framing" || !isFieldText(value)) return null;
    if (name.role !== "hop") text += name.lineStart + value;
  }
  if (common === null) return text;
  const lines = common.lines === undefined ? remember(common) : common.lines;
  return lines === null ? null : text + lines;
}

function remember(common: CommonFields): string | null {
  common.lines = requestLines(common.fields);
  return common.lines;
}

function withUpgrade(text: string, head: ClientRequestHead): string | null {
  const { upgrade, bodyLengthBytes } = head;
  if (upgrade === null || bodyLengthBytes !== 0 || !isFieldText(upgrade)) return null;
  return `${text}\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}${requestFraming(head)}`;
}

function requestFraming({ bodyLengthBytes, method }: ClientRequestHead): string {
  if (bodyLengthBytes === UNKNOWN_LENGTH) return "\r\nTransfer-Encoding: chunked\r\n\r\n";
  if (bodyLengthBytes === 0 && !BODY_METHODS.has(method)) return "\r\n\r\n";
  return `\r\nContent-Length: ${bodyLengthBytes}\r\n\r\n`;
}

/**
 * The head of a response to a client; `framing` holds the finished lines of framing, connection and date. Fields that the
 * engine writes itself are left out. Null when a field could not be sent as it is.
 */
export function formatResponseHead(status: number, headers: HeaderList, framing: string): string | null {
  if (!Number.isInteger(status) || status < 100 || status > 999) return null;
  let text = statusLine(status);
  for (let i = 0; i < headers.length; i++) {
    const name = headers.nameAt(i);
    const value = headers.valueAt(i);
    if (!name.valid || !isFieldText(value)) return null;
    if (name.role === null || name.role === "host") text += name.lineStart + value;
  }
  return `${text}\r\n${framing}\r\n`;
}
