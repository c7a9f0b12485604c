/** One attack or odd request of the catalogue, and what must become of it. */
export interface CorpusCase {
  /** Catalogue id and a short name. */
  readonly name: string;
  readonly bytes: string;
  /** Status the client gets from the wire itself; null when the request is forwarded. */
  readonly refused: number | null;
  /** For forwarded requests: how many of them the backend must see. Default 1. */
  readonly forwarded?: number;
}

/** A request of which one part is replaced. Lines are joined with CRLF. */
function request(lines: readonly string[], body = "", method = "POST"): string {
  return `${method} /p HTTP/1.1\r\nHost: a.test\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

function head(startLine: string, ...lines: string[]): string {
  return [startLine, ...lines, "", ""].join("\r\n");
}

function refuse(status: number, cases: readonly (readonly [name: string, bytes: string])[]): CorpusCase[] {
  return cases.map(([name, bytes]) => ({ name, bytes, refused: status }));
}

function accept(cases: readonly (readonly [name: string, bytes: string, forwarded?: number])[]): CorpusCase[] {
  return cases.map(([name, bytes, forwarded]) => ({ name, bytes, refused: null, forwarded: forwarded ?? 1 }));
}

function field(line: string): string {
  return request([line], "", "GET");
}

function chunked(body: string): string {
  return request(["Transfer-Encoding: chunked"], body);
}

const codings = ["gzip, chunked", "identity", "xchunked", "chunked, chunked", "chunked;q=1", "cow", "gzip"];
const badCodings = [",chunked", "chunked,", '"chunked"', "", "\xa0chunked", "chunked chunked", "[chunked]"];
const badLengths = [
  ...["+5", "-5", "0x5", "1_0", "5.0", "5e0", '"5"', "5abc", "\xb2", "9223372036854775808", "18446744073709551621"],
  ...["", "5,6", "5, 5", ",5", "5,", "5 5", `${"0".repeat(300)}5`, "9".repeat(16)],
];
const badHosts = [
  "a,b",
  "u@a",
  "a/x",
  "a b",
  "a#x",
  "a?x",
  "[::1",
  "::1]",
  "[::1]x",
  "a:80x",
  "a:99999",
  "a:0",
  "a:",
  "a..b",
  "<a>",
  "${jndi",
  "a\\b",
  "a%41",
  "a'b",
  "[v1.a]",
  "[::g]",
  "1.2.3",
  ".a",
  "-a",
  `${"a.".repeat(140)}a`,
];

export const REFUSED_CASES: readonly CorpusCase[] = [
  ...refuse(400, [
    ["FR-01 CL.TE", request(["Content-Length: 6", "Transfer-Encoding: chunked"], "0\r\n\r\nX")],
    ["FR-02 TE.CL", request(["Transfer-Encoding: chunked", "Content-Length: 6"], "0\r\n\r\nX")],
    ["FR-03 TE in HTTP/1.0", head("POST /p HTTP/1.0", "Host: a.test", "Transfer-Encoding: chunked") + "0\r\n\r\n"],
    [
      "FR-03 TE in HTTP/1.0 with CL",
      head("POST /p HTTP/1.0", "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n",
    ],
    [
      "FR-03 TE in HTTP/1.0 keep-alive",
      head("POST /p HTTP/1.0", "Connection: keep-alive", "Transfer-Encoding: chunked") + "0\r\n\r\n",
    ],
    ...badCodings.map(
      (value) =>
        [
          `FR-04 transfer coding ${JSON.stringify(value)}`,
          request([`Transfer-Encoding: ${value}`], "0\r\n\r\n"),
        ] as const,
    ),
    ["FR-04 VT before the coding", request(["Transfer-Encoding: \x0bchunked"], "0\r\n\r\n")],
    ["FR-04 NUL behind the coding", request(["Transfer-Encoding: chunked\0"], "0\r\n\r\n")],
    ["FR-04 folded coding", request(["Transfer-Encoding:", " chunked"], "0\r\n\r\n")],
    ["FR-05 SP before the colon", request(["Transfer-Encoding : chunked"], "0\r\n\r\n")],
    ["FR-05 HTAB before the colon", request(["Transfer-Encoding\t: chunked"], "0\r\n\r\n")],
    ["FR-05 SP before the name", request([" Transfer-Encoding: chunked"], "0\r\n\r\n")],
    ["FR-05 bare CR hides TE", request(["X: y\rTransfer-Encoding: chunked"], "0\r\n\r\n")],
    ["FR-05 bare LF hides TE", request(["X: y\nTransfer-Encoding: chunked"], "0\r\n\r\n")],
    ["FR-05 split name", request(["Transfer-", "Encoding: chunked"], "0\r\n\r\n")],
    ["FR-06 TE twice", request(["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], "0\r\n\r\n")],
    ["FR-06 TE and identity", request(["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], "0\r\n\r\n")],
    ...badLengths.map(
      (value) =>
        [
          `FR-07 Content-Length ${JSON.stringify(value.slice(0, 24))}`,
          request([`Content-Length: ${value}`], "12345"),
        ] as const,
    ),
    ["FR-08 too many zeros", request([`Content-Length: ${"0".repeat(15)}5`], "12345")],
    ["FR-09 CL twice, equal", request(["Content-Length: 5", "Content-Length: 5"], "12345")],
    ["FR-09 CL twice, different", request(["Content-Length: 5", "Content-Length: 0"], "12345")],
    ["FR-09 CL twice, other case", request(["Content-Length: 5", "content-length: 5"], "12345")],
    ["FR-09 CL empty, then real", request(["Content-Length:", "Content-Length: 5"], "12345")],
    ["FR-10 CL name with 0x85", request(["Content-Length\x85: 5"], "GET /x HTTP/1.1\r\nHost: a\r\n\r\n")],
    ["FR-10 CL name with NUL", request(["Content-Length\0: 5"], "12345")],
    ["FR-26 HTTP/0.9", "GET /p\r\n\r\n"],
    ["FR-26 HTTP/0.9 with LF", "GET /p\n"],
    ["FR-27 version with a tail", head("GET /p HTTP/1.1 X", "Host: a.test")],
    ["FR-28 two SP", head("GET  /p HTTP/1.1", "Host: a.test")],
    ["FR-28 two SP before the version", head("GET /p  HTTP/1.1", "Host: a.test")],
    ["FR-28 HTAB", head("GET\t/p HTTP/1.1", "Host: a.test")],
    ["FR-28 leading SP", head(" GET /p HTTP/1.1", "Host: a.test")],
    ["FR-28 trailing SP", head("GET /p HTTP/1.1 ", "Host: a.test")],
    ["FR-29 three blank lines", `\r\n\r\n\r\n${field("X: y")}`],
    ["FR-29 5,000 blank lines", `${"\r\n".repeat(5000)}${field("X: y")}`],
    ["FR-29 blank line of LF", `\n${field("X: y")}`],
    ["FR-30 LF after the request line", "GET /p HTTP/1.1\nHost: a.test\r\n\r\n"],
    ["FR-30 LF after a field", "GET /p HTTP/1.1\r\nHost: a.test\nX: y\r\n\r\n"],
    ["FR-30 LF ends the head", "GET /p HTTP/1.1\r\nHost: a.test\r\n\n"],
    ["FR-30 LF only", "GET /p HTTP/1.1\nHost: a.test\n\n"],
    ["FR-31 bare CR between fields", "GET /p HTTP/1.1\r\nHost: a.test\rX: y\r\n\r\n"],
    ["FR-31 CR CR LF", "GET /p HTTP/1.1\r\nHost: a.test\r\r\n\r\n"],
    ["FR-31 CR and a letter end the head", "GET /p HTTP/1.1\r\nHost: a.test\r\n\rX: y\r\n\r\n"],
    ["FR-32 obs-fold with SP", field("X: y\r\n z")],
    ["FR-32 obs-fold with HTAB", field("X: y\r\n\tz")],
    ["FR-32 folded Host", head("GET /p HTTP/1.1", "Host: a", " .test")],
    ...["\0", "\x01", "\x08", "\x0b", "\x1b", "\x1f", "\x7f"].map(
      (code) => [`FR-33 ${JSON.stringify(code)} in a value`, field(`X: a${code}b`)] as const,
    ),
    ["FR-34 no colon", field("Xy")],
    ["FR-34 empty name", field(": y")],
    ...[...' ()/@"{},;<>=?[]\\\x01\x80\xe9'].map(
      (code) => [`FR-34 ${JSON.stringify(code)} in a name`, field(`X${code}Y: z`)] as const,
    ),
    ["FR-37 long method", head(`${"A".repeat(33)} /p HTTP/1.1`, "Host: a.test")],
    ["FR-37 20 KB method", head(`${"A".repeat(20_000)} /p HTTP/1.1`, "Host: a.test")],
    ["FR-37 method with a separator", head("GE(T /p HTTP/1.1", "Host: a.test")],
    ["FR-38 HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["FR-38 TLS hello", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"],
    ["FR-38 binary", "\0\x01\x02\x03\xff\xfe\xfd"],
    ["FR-38 a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["HD-06 no Host", head("GET /p HTTP/1.1", "X: y")],
    ["HD-06 empty Host", head("GET /p HTTP/1.1", "Host:")],
    ["HD-06 two Hosts, equal", head("GET /p HTTP/1.1", "Host: a.test", "Host: a.test")],
    ["HD-06 two Hosts, other case", head("GET /p HTTP/1.1", "Host: a.test", "hOST: b.test")],
    ...badHosts.map(
      (host) => [`HD-07 Host ${JSON.stringify(host.slice(0, 20))}`, head("GET /p HTTP/1.1", `Host: ${host}`)] as const,
    ),
    ["HD-08 other authority", head("GET http://b.test/p HTTP/1.1", "Host: a.test")],
    ["HD-08 other port", head("GET http://a.test:81/p HTTP/1.1", "Host: a.test")],
    ["HD-08 userinfo", head("GET http://u@a.test/p HTTP/1.1", "Host: a.test")],
    ["HD-08 ftp", head("GET ftp://a.test/p HTTP/1.1", "Host: a.test")],
    ["HD-08 empty authority", head("GET http:///p HTTP/1.1", "Host: a.test")],
    ["HD-08 absolute-form without Host", head("GET http://a.test/p HTTP/1.1", "X: y")],
    ["HD-10 asterisk with GET", head("GET * HTTP/1.1", "Host: a.test")],
    ["HD-10 @evil", head("GET @evil/p HTTP/1.1", "Host: a.test")],
    ["HD-10 :80", head("GET :80/p HTTP/1.1", "Host: a.test")],
    ["HD-10 relative", head("GET p HTTP/1.1", "Host: a.test")],
    ["PT-09 raw 0xc0 0xae", head("GET /\xc0\xae/p HTTP/1.1", "Host: a.test")],
    ["PT-09 raw 0xe9", head("GET /\xe9 HTTP/1.1", "Host: a.test")],
    ...["\0", "\x01", "\t", "\x7f", "\x1f"].map(
      (code) =>
        [`PT-12 ${JSON.stringify(code)} in the target`, head(`GET /a${code}b HTTP/1.1`, "Host: a.test")] as const,
    ),
    ["PT-12 SP in the target", head("GET /a b HTTP/1.1", "Host: a.test")],
  ]),
  ...refuse(
    501,
    codings.map((value) => [`FR-04 coding ${value}`, request([`Transfer-Encoding: ${value}`], "0\r\n\r\n")] as const),
  ),
  ...refuse(
    505,
    [
      "HTTP/2.0",
      "HTTP/0.9",
      "HTTP/9.9",
      "HTTP/1.11",
      "HTTP/4294967297.1",
      "http/1.1",
      "ICY/1.0",
      "RTSP/1.0",
      "HTTP/1.2",
      "HTTP/1",
    ].map((version) => [`FR-27 ${version}`, head(`GET /p ${version}`, "Host: a.test")] as const),
  ),
  ...refuse(431, [
    [
      "FR-35 101 fields",
      request(
        Array.from({ length: 100 }, (_, i) => `X-${i}: y`),
        "",
        "GET",
      ),
    ],
    [
      "FR-35 2,000 fields",
      request(
        Array.from({ length: 2000 }, (_, i) => `X${i}: y`),
        "",
        "GET",
      ),
    ],
    ["FR-35 17 KB field", field(`X: ${"y".repeat(17_000)}`)],
    ["FR-35 64 KB field", field(`X: ${"y".repeat(65_536)}`)],
    [
      "FR-35 33 KB head",
      request(
        Array.from({ length: 33 }, (_, i) => `X-${i}: ${"y".repeat(1000)}`),
        "",
        "GET",
      ),
    ],
  ]),
  ...refuse(414, [
    ["FR-36 target of 8,193 bytes", head(`GET /${"a".repeat(8192)} HTTP/1.1`, "Host: a.test")],
    ["FR-36 target of 16 KB", head(`GET /${"a".repeat(16_384)} HTTP/1.1`, "Host: a.test")],
    ["FR-36 target of 256 KB", head(`GET /${"a".repeat(262_144)} HTTP/1.1`, "Host: a.test")],
  ]),
  ...refuse(405, [
    ["FR-37 TRACE", head("TRACE /p HTTP/1.1", "Host: a.test")],
    ["FR-37 TRACK", head("TRACK /p HTTP/1.1", "Host: a.test")],
    ["FR-37 CONNECT authority", head("CONNECT a.test:443 HTTP/1.1", "Host: a.test:443")],
    ["FR-37 CONNECT path", head("CONNECT /p HTTP/1.1", "Host: a.test")],
  ]),
  ...refuse(417, [
    ["FR-23 Expect foo", request(["Expect: foo", "Content-Length: 5"], "12345")],
    ["FR-23 Expect with a prefix", request(["Expect: y 100-continue", "Content-Length: 5"], "12345")],
    [
      "FR-23 two Expect fields",
      request(["Expect: 100-continue", "Expect: 100-continue", "Content-Length: 5"], "12345"),
    ],
  ]),
];

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
    "FR-35 99 more fields",
    request(
      Array.from({ length: 99 }, (_, i) => `X-${i}: y`),
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
  ["HD-07 IPv6", head("GET /p HTTP/1.1", "Host: [::1]:80")],
  ["HD-08 same authority", head("GET http://A.TEST:80/p?q HTTP/1.1", "Host: a.test")],
  ["HD-08 no path", head("GET http://a.test HTTP/1.1", "Host: a.test")],
  ["HD-13 prototype names", request(["__proto__: x", "constructor: x", "toString: x", "hasOwnProperty: x"], "", "GET")],
  ["obs-text in a value", field("X: caf\xe9")],
]);
