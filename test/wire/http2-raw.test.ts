import { expect, test } from "vitest";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import {
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  FRAME,
  getFields,
  headers,
} from "../support/clients/h2-raw-client.ts";
import { setUpH2 } from "../support/servers/h2-setup.ts";

const { openRaw, startRaw } = setUpH2();

/** A server that reads every body and answers 200, and a raw client. */
const start = () =>
  startRaw(({ stream }) => {
    stream.resumeBody();
    stream.sendHead(200, new HeaderList(), 0);
    stream.end(null);
  });

/** The same without an answer. */
const startSilent = () => startRaw(({ stream }) => stream.resumeBody());

/** HEADERS with END_STREAM and as many CONTINUATIONs as the block needs. */
function cutHeaders(stream: number, fields: Fields): Buffer[] {
  const block = fieldBlock(fields);
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += 16_384) {
    const isLast = at + 16_384 >= block.length;
    const flags = (isLast ? END_HEADERS : 0) | (at === 0 ? END_STREAM : 0);
    frames.push(frame(at === 0 ? FRAME.headers : FRAME.continuation, flags, stream, block.subarray(at, at + 16_384)));
  }
  return frames;
}

type Fields = readonly (readonly [string, string])[];

const REFUSED: readonly (readonly [string, string, Fields, string])[] = [
  ["H2-08 a fragment", "400", getFields({ ":path": "/a#b" }), "bad-target"],
  ["FR-36 a path of 9000 bytes", "414", getFields({ ":path": `/${"a".repeat(9000)}` }), "target-too-long"],
  ["H2-10 another scheme", "400", getFields({ ":scheme": "ftp" }), "bad-scheme"],
  ["H2-10 a scheme in capitals", "400", getFields({ ":scheme": "HTTP" }), "bad-scheme"],
  ["H2-11 a comma in the authority", "400", getFields({ ":authority": "a.test,b.test" }), "bad-host"],
  ["H2-11 port 99999", "400", getFields({ ":authority": "a.test:99999" }), "bad-host"],
  ["H2-12 another host", "400", getFields({}, [["host", "b.test"]]), "host-differs-from-target"],
  ["H2-12 another port", "400", getFields({}, [["host", "a.test:81"]]), "host-differs-from-target"],
  [
    "H2-14 CONNECT",
    "405",
    [
      [":method", "CONNECT"],
      [":authority", "a.test:443"],
    ],
    "method-not-allowed",
  ],
  ["FR-37 TRACE", "405", getFields({ ":method": "TRACE" }), "method-not-allowed"],
  ["FR-37 a method of 33 letters", "400", getFields({ ":method": "A".repeat(33) }), "bad-request-line"],
  ["FR-23 an unknown expectation", "417", getFields({}, [["expect", "tea"]]), "bad-expectation"],
  [
    "FR-23 two expectations",
    "417",
    getFields({}, [
      ["expect", "100-continue"],
      ["expect", "100-continue"],
    ]),
    "bad-expectation",
  ],
];

test.each(REFUSED)("%s is refused with %s, the connection lives on", async (_name, status, fields, code) => {
  const { acceptor, client } = await start();
  client.write(headers(1, END_STREAM, fields));
  expect(await client.status(1)).toBe(status);
  client.write(headers(3, END_STREAM, getFields()));
  expect(await client.status(3)).toBe("200");
  expect(acceptor.requests.length).toBe(1);
  expect(acceptor.refusals).toMatchObject([{ status: Number(status), code }]);
});

const RESET: readonly (readonly [string, Fields])[] = [
  ["H2-01 a line break in a value", getFields({}, [["x-a", "1\r\nx-evil: 1"]])],
  ["H2-01 a NUL in a value", getFields({}, [["x-a", "1\0"]])],
  ["H2-02 a line break in a name", getFields({}, [["x-a\r\n", "1"]])],
  ["H2-02 a space in a name", getFields({}, [["x a", "1"]])],
  ["H2-02 a byte above ASCII in a name", getFields({}, [["x\u0085", "1"]])],
  ["H2-02 an empty name", getFields({}, [["", "1"]])],
  ["H2-03 a space before a value", getFields({}, [["x-a", " 1"]])],
  ["H2-03 a tab after a value", getFields({}, [["x-a", "1\t"]])],
  ["H2-08 a path without slash", getFields({ ":path": "admin" })],
  ["H2-08 an asterisk with GET", getFields({ ":path": "*" })],
  ["H2-08 an absolute path", getFields({ ":path": "http://b.test/" })],
  ["H2-11 userinfo", getFields({ ":authority": "u@a.test" })],
  ["H2-11 a path in the authority", getFields({ ":authority": "a.test/x" })],
  ["H2-11 an empty authority", getFields({ ":authority": "" })],
  ["H2-02 a name in capitals", getFields({}, [["X-Upper", "1"]])],
  ["H2-04 transfer-encoding", getFields({}, [["transfer-encoding", "chunked"]])],
  ["H2-05 connection", getFields({}, [["connection", "close"]])],
  ["H2-05 upgrade", getFields({}, [["upgrade", "websocket"]])],
  ["H2-05 te: gzip", getFields({}, [["te", "gzip"]])],
  [
    "H2-07 two content-lengths",
    getFields({ ":method": "POST" }, [
      ["content-length", "5"],
      ["content-length", "5"],
    ]),
  ],
  ["H2-07 a signed content-length", getFields({ ":method": "POST" }, [["content-length", "+5"]])],
  ["H2-07 an empty content-length", getFields({ ":method": "POST" }, [["content-length", ""]])],
  ["H2-08 an empty path", getFields({ ":path": "" })],
  ["H2-08 a line break in the path", getFields({ ":path": "/a\r\nb" })],
  ["H2-08 DEL in the path", getFields({ ":path": "/\u007f" })],
  ["H2-09 a space in the method", getFields({ ":method": "GET /x" })],
  ["H2-09 an empty method", getFields({ ":method": "" })],
  ["H2-10 a line break in the scheme", getFields({ ":scheme": "http\r\n" })],
  ["H2-11 a space in the authority", getFields({ ":authority": "a b" })],
  [
    "H2-13 no path",
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":authority", "a.test"],
    ],
  ],
  ["H2-13 a repeated method", [[":method", "GET"], ...getFields()]],
  ["H2-13 an unknown pseudo-header", [...getFields(), [":x", "1"]]],
  ["H2-13 a status", [[":status", "200"], ...getFields()]],
  [
    "H2-13 a late pseudo-header",
    [
      [":method", "GET"],
      ["x", "1"],
      [":path", "/"],
      [":scheme", "http"],
      [":authority", "a"],
    ],
  ],
  ["H2-14 extended CONNECT", getFields({ ":method": "CONNECT" }, []).concat([[":protocol", "websocket"]])],
];

test.each(RESET)("%s never becomes a request", async (_name, fields) => {
  const { acceptor, client } = await start();
  client.write(headers(1, END_STREAM, fields));
  expect(await client.resetCode(1)).toBe(1);
  expect(acceptor.requests.length).toBe(0);
  client.write(headers(3, END_STREAM, getFields()));
  expect(await client.status(3)).toBe("200");
});

test("H2-12 a Host that says the same is not passed on twice", async () => {
  const { acceptor, client } = await start();
  client.write(headers(1, END_STREAM, getFields({ ":authority": "A.test" }, [["host", "a.test:80"]])));
  expect(await client.status(1)).toBe("200");
  const { stream } = await acceptor.request();
  expect(stream.request.authority).toBe("A.test");
  expect(stream.request.headers.has("host")).toBe(false);
});

test("a request with Host alone takes its authority from it", async () => {
  const { acceptor, client } = await start();
  const fields = [...getFields().filter(([name]) => name !== ":authority"), ["host", "b.test"]] as const;
  client.write(headers(1, END_STREAM, fields));
  expect(await client.status(1)).toBe("200");
  expect((await acceptor.request()).stream.request.authority).toBe("b.test");
});

test("H2-12 two Host fields are refused", async () => {
  const { acceptor, client } = await start();
  client.write(
    headers(
      1,
      END_STREAM,
      getFields({}, [
        ["host", "a.test"],
        ["host", "a.test"],
      ]),
    ),
  );
  await client.frame((f) => f.stream === 1);
  expect(acceptor.requests.length).toBe(0);
});

test("OPTIONS * is answered at once", async () => {
  const { acceptor, client } = await start();
  client.write(headers(1, END_STREAM, getFields({ ":method": "OPTIONS", ":path": "*" })));
  expect(await client.status(1)).toBe("200");
  expect(acceptor.requests.length).toBe(0);
});

const WRONG_BODIES: readonly (readonly [string, string, readonly Buffer[]])[] = [
  ["less than said", "5", [frame(FRAME.data, END_STREAM, 1, Buffer.from("abc"))]],
  ["more than said", "5", [frame(FRAME.data, END_STREAM, 1, Buffer.from("abcdefgh"))]],
  ["something where nothing was said", "0", [frame(FRAME.data, END_STREAM, 1, Buffer.from("abc"))]],
];

test.each(WRONG_BODIES)("H2-06 a body with %s never counts as complete", async (_name, length, body) => {
  const { acceptor, client } = await startSilent();
  client.write(headers(1, 0, getFields({ ":method": "POST" }, [["content-length", length]])), ...body);
  await client.frame((f) => f.type === FRAME.reset || f.type === FRAME.goaway);
  await acceptor.until(() => acceptor.requests.every((request) => request.closedBy !== null));
  expect(acceptor.requests.some((request) => request.ended)).toBe(false);
});

test("H2-06 a content-length without a body never counts as complete", async () => {
  const { acceptor, client } = await startSilent();
  client.write(headers(1, END_STREAM, getFields({ ":method": "POST" }, [["content-length", "5"]])));
  await client.frame((f) => f.type === FRAME.reset || f.type === FRAME.goaway);
  expect(acceptor.requests.some((request) => request.ended)).toBe(false);
});

test("H2-17 a flood of resets ends the connection, others do not notice", async () => {
  const { client, server } = await start();
  const other = await openRaw(server.port);
  for (let i = 0; i < 2000; i++) {
    const id = i * 2 + 1;
    client.write(headers(id, END_STREAM, getFields()), frame(FRAME.reset, 0, id, Buffer.from([0, 0, 0, 8])));
  }
  const goaway = await client.frame((f) => f.type === FRAME.goaway);
  expect(goaway.payload.readUInt32BE(4)).toBe(11);
  other.write(headers(1, END_STREAM, getFields()));
  expect(await other.status(1)).toBe("200");
});

test("H2-19 an endless header block is answered 431, and ends the connection", async () => {
  const { acceptor, client } = await start();
  client.write(frame(FRAME.headers, END_STREAM, 1, fieldBlock(getFields())));
  const part = fieldBlock([["x-filler", "f".repeat(16_000)]]);
  for (let i = 0; i < 64; i++) client.write(frame(FRAME.continuation, 0, 1, part));
  const goaway = await client.frame((f) => f.type === FRAME.goaway);
  expect([goaway.payload.readUInt32BE(0), goaway.payload.readUInt32BE(4)]).toEqual([1, 11]);
  expect(acceptor.requests.length).toBe(0);
  expect(await client.status(1)).toBe("431");
  expect(acceptor.refusals).toMatchObject([{ status: 431, code: "head-too-large", method: "", target: "" }]);
});

test.each([
  ["pings", () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
  ["settings", () => frame(FRAME.settings, 0, 0)],
])("H2-21 a flood of %s ends the connection with ENHANCE_YOUR_CALM", async (_name, one) => {
  const { client } = await start();
  for (let i = 0; i < 1000; i++) client.write(one());
  const goaway = await client.frame((f) => f.type === FRAME.goaway);
  expect(goaway.payload.readUInt32BE(4)).toBe(11);
  await client.whenClosed();
});

test("180 crumbs of a cookie within 32 KiB arrive as one field", async () => {
  const { acceptor, client } = await start();
  const crumbs = Array.from({ length: 180 }, (_, i) => ["cookie", `c${i}=${"v".repeat(150)}`] as const);
  client.write(...cutHeaders(1, getFields({}, crumbs)));
  expect(await client.status(1)).toBe("200");
  const [request] = acceptor.requests;
  expect([...(request?.stream.request.headers ?? [])]).toEqual([
    ["cookie", crumbs.map(([, value]) => value).join("; ")],
  ]);
});

test("900 fields within 32 KiB are served", async () => {
  const { client } = await start();
  const fields = Array.from({ length: 900 }, (_, i) => [`x-${i}`, "a value of some bytes"] as const);
  client.write(...cutHeaders(1, getFields({}, fields)));
  expect(await client.status(1)).toBe("200");
});

test.each<[string, Fields]>([
  ["fields of more than 32 KiB", [["x-large", "v".repeat(33_000)]]],
  ["crumbs of more than 32 KiB", Array.from({ length: 300 }, () => ["cookie", `c=${"v".repeat(120)}`])],
  ["H2-22 more than 1000 fields", Array.from({ length: 1001 }, () => ["x", ""])],
])("%s are refused with 431, the connection lives on", async (_name, fields) => {
  const { acceptor, client } = await start();
  client.write(...cutHeaders(1, getFields({ ":path": "/cart" }, fields)));
  expect(await client.status(1)).toBe("431");
  expect(acceptor.refusals).toMatchObject([{ status: 431, code: "head-too-large", method: "GET", target: "/cart" }]);
  client.write(headers(3, END_STREAM, getFields()));
  expect(await client.status(3)).toBe("200");
});

test("trailers above the limit are refused with 431 while there is no answer", async () => {
  const { acceptor, client } = await startSilent();
  client.write(headers(1, 0, getFields({ ":method": "POST" })));
  client.write(...cutHeaders(1, [["x-large", "v".repeat(33_000)]]));
  expect(await client.status(1)).toBe("431");
  await acceptor.until(() => acceptor.requests[0]?.closedBy?.code === "too-large");
});

test("H2-25 streams above the limit are refused, those below are served", async () => {
  const { acceptor, client } = await startSilent();
  for (let i = 0; i <= 100; i++) client.write(headers(i * 2 + 1, 0, getFields({ ":method": "POST" })));
  const refused = await client.frame((f) => f.type === FRAME.reset || f.type === FRAME.goaway);
  expect([FRAME.reset, FRAME.goaway]).toContain(refused.type);
  expect(acceptor.requests.length).toBeLessThanOrEqual(100);
});

test("garbage after the preface closes the connection", async () => {
  const { acceptor, client } = await start();
  client.write(Buffer.from("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", "latin1"));
  await client.whenClosed();
  expect(acceptor.requests.length).toBe(0);
});

test("frames cut into single bytes are the same request", async () => {
  const { acceptor, client } = await start();
  client.socket.setNoDelay(true);
  for (const byte of headers(1, END_STREAM, getFields({ ":path": "/bytes" }))) client.write(Buffer.from([byte]));
  expect(await client.status(1)).toBe("200");
  expect((await acceptor.request()).stream.request.target).toBe("/bytes");
});

test("an unfinished header block alone never becomes a request", async () => {
  const { acceptor, client } = await start();
  client.write(frame(FRAME.headers, END_STREAM, 1, fieldBlock(getFields())));
  client.write(frame(FRAME.continuation, END_HEADERS, 1, fieldBlock([["x", "1"]])));
  expect(await client.status(1)).toBe("200");
  expect(acceptor.requests.length).toBe(1);
});
