import type { Refusal } from "../../wire/wire.ts";
import type { AcceptedConnection } from "./accepted-connection.ts";

const BODY = "400 Bad Request\nThe plain HTTP request was sent to HTTPS port\n";
const ANSWER =
  "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n" +
  `Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`;

/** True for bytes that begin like a request line: worth an answer that a person can read. */
export function looksLikeHttp(bytes: Buffer): boolean {
  const first = bytes[0] ?? 0;
  return first >= 0x41 && first <= 0x5a;
}

/** nginx's 497: HTTP without TLS on the HTTPS port. Answered 400 in plain text, then closed. */
export function answerPlainHttp(connection: AcceptedConnection, firstBytes: Buffer): void {
  const { context } = connection;
  connection.closeWith(ANSWER);
  context.acceptor.onRefused(connection.describe(null), { ...REFUSAL, requestLine: lineOf(firstBytes) });
}

/** As much of the request line as came with the first bytes, at most 1 KiB. */
function lineOf(bytes: Buffer): string {
  const text = bytes.toString("latin1", 0, 1024);
  const end = text.search(/[\r\n]/);
  return end === -1 ? text : text.slice(0, end);
}

const REFUSAL: Omit<Refusal, "requestLine"> = {
  status: 400,
  code: "plain-http-on-https-port",
  method: "",
  target: "",
  headers: null,
  httpVersion: "1.1",
  requestBytes: 0,
  responseBytes: ANSWER.length,
  bodyBytes: BODY.length,
};
