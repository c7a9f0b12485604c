import { createHash } from "node:crypto";
import type { HeaderList } from "../http/header-list.ts";
import type { ClientRequestHead } from "../seam/client.ts";
import type { BodyFraming } from "./body-reader.ts";
import { endToEndFields } from "../http/hop-fields.ts";
import type { ResponseHeadParser } from "./response-head.ts";
import { chosenProtocol, isWebSocket } from "../http/upgrade-protocols.ts";

const WEB_SOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** How the body of a final response is delimited (RFC 9112 §6.3). */
export function responseFraming(method: string, parser: ResponseHeadParser): BodyFraming {
  const { status, fields } = parser;
  if (method === "HEAD" || status === 204 || status === 304) return "none";
  if (fields.chunked) return "chunked";
  if (fields.contentLength === -1) return "until-close";
  return fields.contentLength === 0 ? "none" : "length";
}

/**
 * The fields that travel on. An answer to HEAD and a 304 keep their Content-Length, since it says something about a body that
 * is not there.
 */
export function endToEndResponseFields(parser: ResponseHeadParser, framing: BodyFraming): HeaderList {
  const { status, fields } = parser;
  const headers = endToEndFields(fields.headers);
  const describesAbsentBody = framing === "none" && fields.contentLength !== -1 && status !== 204;
  if (describesAbsentBody && fields.contentLength > 0) headers.append("Content-Length", String(fields.contentLength));
  return headers;
}

/** The protocol that a 101 agrees to, which must be one that was offered; null when it agrees to none. */
export function agreedProtocol(request: ClientRequestHead, parser: ResponseHeadParser): string | null {
  const { fields } = parser;
  if (request.upgrade === null || fields.upgrade === null || !fields.connectionUpgrade) return null;
  const protocol = chosenProtocol(request.upgrade, fields.upgrade);
  if (protocol === null || (isWebSocket(protocol) && !answersHandshake(request, parser))) return null;
  return protocol;
}

/** RFC 6455 §4.1. */
function answersHandshake(request: ClientRequestHead, { fields }: ResponseHeadParser): boolean {
  const key = request.headers.get("sec-websocket-key");
  const accepts = fields.headers.getAll("sec-websocket-accept");
  return accepts.length === 1 && key !== undefined && accepts[0] === webSocketAccept(key);
}

/** The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455 §4.2.2). */
export function webSocketAccept(key: string): string {
  return createHash("sha1")
    .update(key + WEB_SOCKET_GUID)
    .digest("base64");
}

/** Whether the connection can serve another request once the body has ended. */
export function outlivesAnswer(request: ClientRequestHead, parser: ResponseHeadParser, framing: BodyFraming): boolean {
  return parser.persistent && framing !== "until-close" && !tiesToUser(request.headers, parser.fields.headers);
}

/**
 * NTLM and Negotiate authenticate a connection and not a request: the next request on it would count as the same user's. True
 * as soon as either side speaks of them.
 */
function tiesToUser(request: HeaderList, response: HeaderList): boolean {
  const credentials = request.get("authorization");
  if (credentials !== undefined && BY_CONNECTION.test(credentials)) return true;
  const challenge = response.get("www-authenticate");
  return challenge !== undefined && response.getAll("www-authenticate").some((value) => BY_CONNECTION.test(value));
}

const BY_CONNECTION = /(?:^|,)[ \t]*(?:ntlm|negotiate)(?:[ \t,]|$)/i;
