import { request, head, refuse, accept, field, chunked, type CorpusCase } from "./request-builders.ts";

/** Bodies that are wrong. The head is forwarded; the client gets the status because no answer had begun. */
export const BROKEN_BODIES: readonly CorpusCase[] = [
  ...refuse(400, [
    ...["0x5", "+5", "-5", "0_5", " 5", "", "5g", "5.0", "5,5"].map(
      (size) => [`FR-11 chunk size ${JSON.stringify(size)}`, chunked(`${size}\r\nhello\r\n0\r\n\r\n`)] as const,
    ),
    ["FR-12 SP behind the size", chunked("5 \r\nhello\r\n0\r\n\r\n")],
    ["FR-12 HTAB behind the size", chunked("5\t\r\nhello\r\n0\r\n\r\n")],
    ["FR-12 SP before the extension", chunked("5 ;a=b\r\nhello\r\n0\r\n\r\n")],
    ["FR-13 size 2^64-1", chunked("ffffffffffffffff\r\nhello\r\n0\r\n\r\n")],
    ["FR-13 size 2^64+5", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n")],
    ["FR-13 14 digits", chunked("00000000000005\r\nhello\r\n0\r\n\r\n")],
    ["FR-14 LF behind the size", chunked("5\nhello\r\n0\r\n\r\n")],
    ["FR-14 LF behind the data", chunked("5\r\nhello\n0\r\n\r\n")],
    ["FR-14 LF behind the last size", chunked("5\r\nhello\r\n0\n\r\n")],
    ["FR-14 LF ends the trailers", chunked("5\r\nhello\r\n0\r\n\n")],
    ...["\n", "\r", "\r\r;", "\0", "\x01", "\x7f"].map(
      (code) =>
        [`FR-15 ${JSON.stringify(code)} in an extension`, chunked(`5;a${code}b\r\nhello\r\n0\r\n\r\n`)] as const,
    ),
    ["FR-15 open quote", chunked('5;a="b\r\nhello\r\n0\r\n\r\n')],
    ["FR-15 CRLF in quotes", chunked('5;a="b\r\nc"\r\nhello\r\n0\r\n\r\n')],
    ["FR-15 empty extension", chunked("5;\r\nhello\r\n0\r\n\r\n")],
    ["FR-15 no value", chunked("5;a=\r\nhello\r\n0\r\n\r\n")],
    ["FR-15 text behind quotes", chunked('5;a="b"c\r\nhello\r\n0\r\n\r\n')],
    ["FR-15 no name", chunked("5;=b\r\nhello\r\n0\r\n\r\n")],
    ["FR-16 extension of 70 KB", chunked(`5;a=${"b".repeat(70_000)}\r\nhello\r\n0\r\n\r\n`)],
    ["FR-16 2,000 small extensions", chunked(`${`1;${"a".repeat(40)}\r\nx\r\n`.repeat(2000)}0\r\n\r\n`)],
    ["FR-17 no terminator", chunked("5\r\nhello0\r\n\r\n")],
    ["FR-17 other bytes as terminator", chunked("5\r\nhelloXX0\r\n\r\n")],
    ["FR-17 too long", chunked("5\r\nhello!\r\n0\r\n\r\n")],
    ["FR-17 too short", chunked("6\r\nhello\r\n0\r\n\r\n")],
    ["FR-19 trailer without colon", chunked("0\r\nXy\r\n\r\n")],
    ["FR-19 SP before the colon", chunked("0\r\nX : y\r\n\r\n")],
    ["FR-19 empty trailer name", chunked("0\r\n: y\r\n\r\n")],
    ["FR-19 NUL in a trailer", chunked("0\r\nX: \0\r\n\r\n")],
    ["FR-19 LF in a trailer", chunked("0\r\nX: y\nZ: y\r\n\r\n")],
    ["FR-19 folded trailer", chunked("0\r\nX: y\r\n z\r\n\r\n")],
  ]),
  ...refuse(431, [
    ["FR-20 trailer of 70 KB", chunked(`0\r\nX: ${"y".repeat(70_000)}\r\n\r\n`)],
    ["FR-20 5,000 trailers", chunked(`0\r\n${"X: y\r\n".repeat(5000)}\r\n`)],
  ]),
];

export const FORWARDED_CASES: readonly CorpusCase[] = accept([
  ["plain GET", field("X: y")],
  ["FR-04 upper-case coding with blanks", request(["Transfer-Encoding: \tCHUNKED \t"], "5\r\nhello\r\n0\r\n\r\n")],
  ["FR-08 leading zeros", request(["Content-Length: 005"], "hello")],
  ["FR-15 correct extensions", chunked('5;a;b=c;d="e\\"f"\r\nhello\r\n0\r\n\r\n')],
  ["FR-16 many plain small chunks", chunked(`${"1\r\nx\r\n".repeat(5000)}0\r\n\r\n`)],
  [
    "FR-18 trailers with great names",
    chunked(
      "5\r\nhello\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: b\r\nAuthorization: x\r\nX-Forwarded-For: 1\r\nConnection: close\r\n\r\n",
    ),
  ],
  [
    "FR-21 GET with a request as body",
    request(
      [`Content-Length: ${head("GET /evil HTTP/1.1", "Host: b").length}`],
      head("GET /evil HTTP/1.1", "Host: b"),
      "GET",
    ),
  ],
  ["FR-24 pipelined", field("X: 1") + field("X: 2") + field("X: 3"), 3],
  ["FR-25 bytes after close", field("Connection: close") + field("X: 2"), 1],
  ["FR-29 two blank lines", `\r\n\r\n${field("X: y")}`],
  [
    "FR-35 2,000 short fields",
    request(
      Array.from({ length: 2000 }, (_, i) => `X${i}: y`),
      "",
      "GET",
    ),
  ],
  [
    "FR-35 150 fields of 200 bytes",
    request(
      Array.from({ length: 150 }, (_, i) => `X-${i}: ${"y".repeat(190)}`),
      "",
      "GET",
    ),
  ],
  ["FR-36 target of 8,192 bytes", head(`GET /${"a".repeat(8191)} HTTP/1.1`, "Host: a.test")],
  ["FR-37 unknown method", head("FROBNICATE /p HTTP/1.1", "Host: a.test")],
  [
    "FR-40 h2c upgrade",
    request(["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"], "", "GET"),
  ],
  [
    "FR-41 upgrade with a body",
    request(
      [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Content-Length: 5",
      ],
      "hello",
      "GET",
    ),
  ],
  ["HD-02 alias of Content-Length", request(["Content_Length: 5"], "", "GET")],
  ["HD-02 alias of X-Forwarded-For", field("X_Forwarded_For: 1.2.3.4")],
  ["HD-06 HTTP/1.0 without Host", "GET /p HTTP/1.0\r\n\r\n"],
  ["HD-07 port", head("GET /p HTTP/1.1", "Host: A.test:8080")],
  ["HD-07 an empty port", head("GET /p HTTP/1.1", "Host: a.test:")],
  ["HD-08 an empty port is the default one", head("GET http://a.test:/p HTTP/1.1", "Host: a.test:80")],
  ["HD-07 IPv6", head("GET /p HTTP/1.1", "Host: [::1]:80")],
  ["HD-08 same authority", head("GET http://A.TEST:80/p?q HTTP/1.1", "Host: a.test")],
  ["HD-08 no path", head("GET http://a.test HTTP/1.1", "Host: a.test")],
  ["HD-13 prototype names", request(["__proto__: x", "constructor: x", "toString: x", "hasOwnProperty: x"], "", "GET")],
  ["obs-text in a value", field("X: caf\xe9")],
]);
