import type { HeaderList } from "../header-list.ts";
import { UNKNOWN_LENGTH, type ClientRequestHead } from "../seam.ts";
import { isAll, isFieldText, TARGET, TOKEN } from "./characters.ts";
import { fieldName } from "./field-names.ts";
import { reasonPhrase } from "./reason-phrases.ts";

/** Fields that the engine alone writes. One of them among given request fields would put framing in doubt. */
const ENGINE_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "transfer-encoding",
  "upgrade",
]);

/** Fields of one hop which say nothing to the next (RFC 9110 §7.6.1); not written, even when given. */
const HOP_FIELDS: ReadonlySet<string> = new Set(["keep-alive", "proxy-connection", "te", "trailer"]);

/** Methods for which the absence of a body is worth saying (RFC 9110 §8.6). */
const BODY_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

const UPGRADE_FIELDS = "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/**
 * The head of a request to an endpoint, framing written by us in canonical form. Null when any part of it could not be sent
 * without changing the message: control characters, text that is not latin1, or fields that only the engine writes.
 */
export function formatRequestHead(head: ClientRequestHead): string | null {
  if (!isAll(TOKEN, head.method) || !isAll(TARGET, head.target)) return null;
  const { names, rawNames, values } = head.headers;
  let text = `${head.method} ${head.target} HTTP/1.1\r\n`;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = values[i] as string;
    const known = fieldName(rawNames[i] as string);
    if (known === null || known.lower !== name || !isFieldText(value)) return null;
    if (known.special && ENGINE_FIELDS.has(name)) return null;
    if (!known.special || !HOP_FIELDS.has(name)) text += known.lineStart + value + "\r\n";
  }
  if (head.upgrade !== null) return head.bodyLengthBytes === 0 ? text + UPGRADE_FIELDS : null;
  return `${text}${requestFraming(head)}\r\n`;
}

function requestFraming(head: ClientRequestHead): string {
  if (head.bodyLengthBytes === UNKNOWN_LENGTH) return "Transfer-Encoding: chunked\r\n";
  if (head.bodyLengthBytes === 0 && !BODY_METHODS.has(head.method)) return "";
  return `Content-Length: ${head.bodyLengthBytes}\r\n`;
}

/**
 * The head of a response to a client; `framing` holds the finished lines of framing, connection and date. Fields that the
 * engine writes itself are left out. Null when a field could not be sent as it is.
 */
export function formatResponseHead(status: number, headers: HeaderList, framing: string): string | null {
  if (!Number.isInteger(status) || status < 100 || status > 999) return null;
  const { names, rawNames, values } = headers;
  let text = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = values[i] as string;
    const known = fieldName(rawNames[i] as string);
    if (known === null || known.lower !== name || !isFieldText(value)) return null;
    if (!known.special || !isEngineField(name)) text += known.lineStart + value + "\r\n";
  }
  return `${text}${framing}\r\n`;
}

function isEngineField(name: string): boolean {
  return name === "date" || ENGINE_FIELDS.has(name) || HOP_FIELDS.has(name);
}
