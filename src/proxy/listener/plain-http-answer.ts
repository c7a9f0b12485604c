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
export function answerPlainHttp(connection: AcceptedConnection): void {
  const { context } = connection;
  connection.closeWith(ANSWER);
  const refusal = { status: 400, code: "plain-http-on-https-port", method: "", target: "" };
  context.acceptor.onRefused(connection.describe(null), refusal);
}
