const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const EVIL = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

/** Answers that promise one thing and do another. */
export const BAD_BODIES_TEXTS: readonly string[] = [
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
