import { BROKEN_BODIES, FORWARDED_CASES } from "./body-corpus.ts";
import { REFUSED_CASES } from "./request-corpus.ts";

/** Short enough to be changed and read some thousand times a second. */
const LIMIT_BYTES = 3000;

function short(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => text.length < LIMIT_BYTES);
}

/** Requests that are correct, and a good start for what is nearly so. */
export const GOOD_REQUESTS: readonly string[] = short(FORWARDED_CASES.map(({ bytes }) => bytes));

/** The whole catalogue of requests, good and bad. */
export const ALL_REQUESTS: readonly string[] = short(
  [...REFUSED_CASES, ...BROKEN_BODIES, ...FORWARDED_CASES].map(({ bytes }) => bytes),
);

const CHUNKS = "5\r\nhello\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n";

/** Answers that are correct, of every framing. */
export const GOOD_RESPONSES: readonly string[] = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nX-A: b\r\nX-A: c\r\nContent-Length: 0\r\n\r\n",
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
  `HTTP/1.1 404\r\ntransfer-encoding: CHUNKED \r\nConnection: keep-alive, X-B\r\nX-B: c\r\n\r\n${CHUNKS}`,
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5   \r\nhello\r\n0\t\r\n\r\n",
  "HTTP/1.1 704 Odd\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nhello",
  "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
  "HTTP/1.1 204 No Content\r\nX-A: y\r\n\r\n",
  "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "x"\r\n\r\n',
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 2\r\n\r\nok",
];

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const EVIL = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

/** Answers that promise one thing and do another. */
export const BAD_RESPONSES: readonly string[] = [
  "",
  EVIL + EVIL,
  `HTTP/1.1 204 No Content\r\n\r\n${EVIL}`,
  `HTTP/1.1 204 No Content\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`,
  `HTTP/1.1 304 Not Modified\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`,
  `HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${EVIL}`,
  "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nevil",
  "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
  `${CHUNKED}4\r\nevil\r\n`,
  `${CHUNKED}4\r\nevil\r\n0\r\n`,
  `${CHUNKED}4\r\nevil\r\n0\r\n\r\n${EVIL}`,
  `${CHUNKED}ffffffffffffff\r\nevil`,
  `${CHUNKED}4\nevil\r\n0\r\n\r\n`,
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nevil",
  `${"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(8)}${EVIL}`,
  `${"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(9)}${EVIL}`,
  `HTTP/1.1 200 OK\r\nX-A: ${"y".repeat(70_000)}\r\n\r\n`,
  `HTTP/1.1 200 OK\r\n${"X-A: y\r\n".repeat(201)}\r\n`,
  "HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n",
  "ICY 200 OK\r\n\r\nevil",
  "evil",
  "\r\n\r\nevil",
];
