import { answerBytes, type Respond } from "../servers/recording-backend.ts";

/** What a hostile or broken backend sends, and what the client must get. */
export interface ResponseCase {
  readonly name: string;
  readonly text: string;
  readonly respond: Respond;
}

function ok(lines: readonly string[], body = ""): string {
  return ["HTTP/1.1 200 OK", ...lines, "", body].join("\r\n");
}

function bytes(
  cases: readonly (readonly [name: string, text: string])[],
  end: "keep" | "end" | "reset" = "keep",
): ResponseCase[] {
  return cases.map(([name, text]) => ({ name, text, respond: answerBytes(text, end) }));
}

const badLengths = ["-5", "+5", "0x5", "", "5a", "5,5", "5, 5", "9223372036854775808", "9".repeat(16)];
const badCodings = ["xchunked", "gzip", "chunked, chunked", ",chunked", "gzip, chunked", "identity", ""];
const badStatusLines = [
  "\rTTP/1.1 200 OK",
  "HTTP/1.1 099 X",
  "HTTP/1.1 20 OK",
  "HTTP/1.1 1000 OK",
  "HTTP/1.1 abc OK",
  "HTTP/1.1  200 OK",
  "HTTP/1.1 200\tOK",
  "HTTP/1.1 200 O\0K",
  "HTTP/1.1 200 O\rK",
  "HTTP/1.1 200 O\x7fK",
  "HTTP/0.9 200 OK",
  "HTTP/1.2 200 OK",
  "HTTP/2.0 200 OK",
  "HTTP/2 200",
  "ICY 200 OK",
  "http/1.1 200 OK",
  " HTTP/1.1 200 OK",
  "200 OK",
  "hello",
  "HTTP/1.1200 OK",
  "HTTP/1.1 2000",
  "HTTP/1.10 200 OK",
];

/** The client gets 502, and the connection to the backend is destroyed. */
export const BAD_HEADS: readonly ResponseCase[] = [
  ...bytes([
    ["BE-01 CL and TE", ok(["Content-Length: 5", "Transfer-Encoding: chunked"], "0\r\n\r\n")],
    ["BE-01 TE and CL", ok(["Transfer-Encoding: chunked", "Content-Length: 5"], "0\r\n\r\n")],
    ...badLengths.map(
      (value) => [`BE-02 Content-Length ${JSON.stringify(value)}`, ok([`Content-Length: ${value}`], "12345")] as const,
    ),
    ["BE-02 CL twice, equal", ok(["Content-Length: 5", "Content-Length: 5"], "12345")],
    ["BE-02 CL twice, different", ok(["Content-Length: 5", "content-length: 6"], "12345")],
    ...badCodings.map(
      (value) => [`BE-03 coding ${JSON.stringify(value)}`, ok([`Transfer-Encoding: ${value}`], "0\r\n\r\n")] as const,
    ),
    ["BE-03 TE twice", ok(["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], "0\r\n\r\n")],
    ["BE-03 TE in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ...badStatusLines.map((line) => [`BE-07 ${JSON.stringify(line)}`, `${line}\r\nContent-Length: 0\r\n\r\n`] as const),
    ["BE-07 blank line first", `\r\n${ok(["Content-Length: 0"])}`],
    ["BE-08 LF splits a field", ok(["X: a\nX-Evil: 1", "Content-Length: 0"])],
    ["BE-08 CR in a value", ok(["X: a\rb", "Content-Length: 0"])],
    ["BE-08 NUL in a value", ok(["X: a\0b", "Content-Length: 0"])],
    ["BE-08 control character in a value", ok(["X: a\x01b", "Content-Length: 0"])],
    ["BE-08 SP before the colon", ok(["X : a", "Content-Length: 0"])],
    ["BE-08 obs-fold", ok(["X: a", " b", "Content-Length: 0"])],
    ["BE-08 no colon", ok(["Xa", "Content-Length: 0"])],
    ["BE-08 LF line ends", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
    ["BE-09 field of 200 KB", ok([`X: ${"y".repeat(200_000)}`, "Content-Length: 0"])],
    ["BE-09 5,000 fields", ok([...Array.from({ length: 5000 }, (_, i) => `X${i}: y`), "Content-Length: 0"])],
    ["BE-09 4,100 fields", ok(Array.from({ length: 4100 }, () => "X: y"))],
    ["BE-09 endless start line", "HTTP/1.1 200 ".padEnd(100_000, "x")],
    ["BE-10 nine interim responses", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(9)],
    ["BE-10 5,000 interim responses", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(5000)],
    ["BE-10 interim response with a length", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n12345"],
    ["BE-10 interim response in HTTP/1.0", "HTTP/1.0 103 Early Hints\r\n\r\n"],
    ["FR-42 unasked 101", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
  ]),
  ...bytes(
    [
      ["BE-05 nothing, then FIN", ""],
      ["BE-05 half a head, then FIN", "HTTP/1.1 200 OK\r\nContent-"],
    ],
    "end",
  ),
  ...bytes([["BE-05 half a head, then RST", "HTTP/1.1 200 OK\r\nContent-"]], "reset"),
];

/** The head was good: the client must see that the response is cut. */
export const BAD_BODIES: readonly ResponseCase[] = [
  ...bytes(
    [
      ["BE-04 no chunk size", ok(["Transfer-Encoding: chunked"], "xyz\r\n")],
      ["BE-04 LF behind the size", ok(["Transfer-Encoding: chunked"], "5\nhello\r\n0\r\n\r\n")],
      ["BE-04 size of 2^64", ok(["Transfer-Encoding: chunked"], "10000000000000000\r\nhello")],
      ["BE-04 wrong terminator", ok(["Transfer-Encoding: chunked"], "5\r\nhelloXX")],
      ["BE-04 LF in an extension", ok(["Transfer-Encoding: chunked"], "5;a\n\r\nhello\r\n0\r\n\r\n")],
      ["BE-04 huge extension", ok(["Transfer-Encoding: chunked"], `5;${"a".repeat(70_000)}\r\nhello\r\n0\r\n\r\n`)],
      ["BE-04 huge trailer", ok(["Transfer-Encoding: chunked"], `5\r\nhello\r\n0\r\nX: ${"y".repeat(70_000)}\r\n\r\n`)],
    ],
    "keep",
  ),
  ...bytes(
    [
      ["BE-05 length cut by FIN", ok(["Content-Length: 10"], "12345")],
      ["BE-05 chunks cut by FIN inside a chunk", ok(["Transfer-Encoding: chunked"], "a\r\n12345")],
      ["BE-05 chunks cut by FIN between chunks", ok(["Transfer-Encoding: chunked"], "5\r\n12345\r\n")],
      ["BE-05 chunks cut by FIN in the trailers", ok(["Transfer-Encoding: chunked"], "5\r\n12345\r\n0\r\nX: y\r\n")],
    ],
    "end",
  ),
  ...bytes(
    [
      ["BE-05 length cut by RST", ok(["Content-Length: 10"], "12345")],
      ["BE-05 chunks cut by RST", ok(["Transfer-Encoding: chunked"], "5\r\n12345\r\n")],
      ["BE-05 close-delimited body cut by RST", ok([], "12345")],
    ],
    "reset",
  ),
];

/** The response is delivered as it is, but its connection must never be used again. */
export const SPOILT_CONNECTIONS: readonly ResponseCase[] = [
  ...bytes([
    ["BE-06 bytes behind the body", ok(["Content-Length: 5"], "helloX")],
    ["BE-06 a second response", ok(["Content-Length: 5"], `hello${ok(["Content-Length: 4"], "evil")}`)],
    ["BE-06 bytes behind the last chunk", ok(["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\nX")],
    ["BE-06 body behind 204", "HTTP/1.1 204 No Content\r\n\r\nevil"],
    ["BE-06 body behind 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil"],
    ["Connection: close", ok(["Content-Length: 5", "Connection: close"], "hello")],
    ["HTTP/1.0 without keep-alive", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
  ]),
  ...bytes([["close-delimited", ok([], "hello")]], "end"),
];
