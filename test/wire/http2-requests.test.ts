import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";
import { once } from "node:events";
import { expect, test } from "vitest";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import { UNKNOWN_LENGTH } from "../../src/wire/seam/rules.ts";
import type { RecordedRequest } from "../support/servers/recording-acceptor.ts";
import { setUpH2 } from "../support/servers/h2-setup.ts";

const setup = setUpH2();

async function start(onRequest: (request: RecordedRequest) => void) {
  const started = await setup.start(onRequest);
  return { ...started, client: await setup.openClient(started.server.port) };
}

async function answer(stream: ClientHttp2Stream) {
  stream.setEncoding("latin1");
  let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let trailers: Record<string, unknown> | null = null;
  let body = "";
  stream.on("response", (got) => (headers = got));
  stream.on("trailers", (got) => (trailers = Object.fromEntries(Object.entries(got))));
  stream.on("data", (chunk: string) => (body += chunk));
  stream.on("error", () => {});
  // `once` would reject for a stream that ends in an error.
  await new Promise((resolve) => stream.on("close", resolve));
  return { status: headers[":status"], headers, trailers, body, rstCode: stream.rstCode };
}

function reply(request: RecordedRequest, status: number, body: string, headers = new HeaderList()): void {
  request.stream.sendHead(status, headers, body.length);
  if (body !== "") request.stream.write(Buffer.from(body, "latin1"));
  request.stream.end(null);
}

test("a GET arrives as a request head without pseudo-headers", async () => {
  const { acceptor, client } = await start((request) => {
    request.stream.resumeBody();
    reply(request, 200, "hello");
  });
  const got = await answer(client.request({ ":path": "/a?b=%20c", ":authority": "Shop.test:8080", "x-one": "1" }));
  const { stream } = await acceptor.request();
  expect(got).toMatchObject({ status: 200, body: "hello", rstCode: 0 });
  expect(stream.request).toMatchObject({
    method: "GET",
    target: "/a?b=%20c",
    authority: "Shop.test:8080",
    httpVersion: "2.0",
  });
  expect([...stream.request.headers]).toEqual([["x-one", "1"]]);
  expect(stream.bodyLengthBytes).toBe(0);
  expect(stream.upgrade).toBeNull();
});

test("cookie crumbs are joined into one field", async () => {
  const { acceptor, client } = await start((request) => reply(request, 200, ""));
  await answer(client.request({ cookie: ["a=1", "b=2", "c=3"], "x-after": "1" }));
  const { stream } = await acceptor.request();
  expect([...stream.request.headers]).toEqual([
    ["cookie", "a=1; b=2; c=3"],
    ["x-after", "1"],
  ]);
});

test("repeated fields stay separate and in order", async () => {
  const { acceptor, client } = await start((request) => reply(request, 200, ""));
  await answer(client.request({ "x-many": ["1", "2"] }));
  const { stream } = await acceptor.request();
  expect(stream.request.headers.getAll("x-many")).toEqual(["1", "2"]);
});

test("field values keep their latin1 bytes in both directions", async () => {
  const { acceptor, client } = await start((request) =>
    reply(request, 200, "", HeaderList.from([["X-Back", "caf\u00e9"]])),
  );
  const got = await answer(client.request({ "x-there": "caf\u00e9" }));
  const { stream } = await acceptor.request();
  expect(stream.request.headers.get("x-there")).toBe("caf\u00e9");
  expect(got.headers["x-back"]).toBe("caf\u00e9");
});

test("fields with an underscore are dropped", async () => {
  const { acceptor, client } = await start((request) => reply(request, 200, ""));
  await answer(client.request({ x_forwarded_for: "6.6.6.6", "x-kept": "1" }));
  const { stream } = await acceptor.request();
  expect([...stream.request.headers]).toEqual([["x-kept", "1"]]);
});

test("a body of known length arrives whole, and its end once", async () => {
  const { acceptor, client } = await start((request) => request.stream.resumeBody());
  const stream = client.request({ ":method": "POST", "content-length": "11" });
  stream.write("hello ");
  stream.end("world");
  const request = await acceptor.request();
  await acceptor.until(() => request.ended);
  reply(request, 201, "");
  expect(await answer(stream)).toMatchObject({ status: 201, rstCode: 0 });
  expect(request.stream.bodyLengthBytes).toBe(11);
  expect(request.text).toBe("hello world");
  expect(request.closedBy).toBeNull();
});

test("a body without content-length has unknown length", async () => {
  const { acceptor, client } = await start((request) => request.stream.resumeBody());
  const stream = client.request({ ":method": "POST" });
  stream.end("data");
  const request = await acceptor.request();
  await acceptor.until(() => request.ended);
  expect(request.stream.bodyLengthBytes).toBe(UNKNOWN_LENGTH);
  expect(request.text).toBe("data");
  reply(request, 200, "");
  await answer(stream);
});

test("nothing of a body is read before it is asked for, and no more than the window", async () => {
  const { acceptor, client } = await start(() => {});
  const stream = client.request({ ":method": "POST" });
  const done = answer(stream);
  stream.end(Buffer.alloc(1_000_000, "x"));
  const request = await acceptor.request();
  await new Promise((resolve) => client.ping(Buffer.alloc(8), resolve));
  expect(request.bodyBytes).toBe(0);
  expect(stream.writableLength + stream.bufferSize).toBeGreaterThan(900_000);
  request.stream.resumeBody();
  await acceptor.until(() => request.ended);
  expect(request.bodyBytes).toBe(1_000_000);
  reply(request, 200, "");
  await done;
});

test("a paused body stops and goes on where it stopped", async () => {
  const { acceptor, client } = await start((request) => request.stream.resumeBody());
  const stream = client.request({ ":method": "POST" });
  const done = answer(stream);
  stream.write("first");
  const request = await acceptor.request();
  await acceptor.until(() => request.bodyBytes === 5);
  request.stream.pauseBody();
  stream.end(" second");
  await new Promise((resolve) => client.ping(Buffer.alloc(8), resolve));
  expect(request.text).toBe("first");
  request.stream.resumeBody();
  await acceptor.until(() => request.ended);
  expect(request.text).toBe("first second");
  reply(request, 200, "");
  await done;
});

test("Expect: 100-continue is answered when the body is asked for, and not forwarded", async () => {
  const { acceptor, client } = await start(() => {});
  const stream = client.request({ ":method": "POST", expect: "100-continue" });
  const continued = once(stream, "continue");
  const done = answer(stream);
  const request = await acceptor.request();
  expect(request.stream.expectsContinue).toBe(true);
  expect(request.stream.request.headers.has("expect")).toBe(false);
  request.stream.resumeBody();
  await continued;
  stream.end("x");
  await acceptor.until(() => request.ended);
  reply(request, 200, "");
  await done;
});

test("HEAD gets the head and the length, no body", async () => {
  const { acceptor, client } = await start((request) => {
    request.stream.resumeBody();
    request.stream.sendHead(200, new HeaderList(), 42);
    request.stream.end(null);
  });
  const got = await answer(client.request({ ":method": "HEAD" }));
  expect(got).toMatchObject({ status: 200, body: "", rstCode: 0 });
  expect(got.headers["content-length"]).toBe("42");
  expect((await acceptor.request()).closedBy).toBeNull();
});

test.each([204, 304])("%i has no body and no content-length", async (status) => {
  const { client } = await start((request) => {
    request.stream.sendHead(status, new HeaderList(), 0);
    request.stream.end(null);
  });
  const got = await answer(client.request());
  expect(got).toMatchObject({ status, body: "" });
  expect(got.headers).not.toHaveProperty("content-length");
});

test("connection fields of a backend do not reach the client, repeated fields do", async () => {
  const headers = HeaderList.from([
    ["Connection", "keep-alive"],
    ["Keep-Alive", "timeout=5"],
    ["Transfer-Encoding", "chunked"],
    ["Upgrade", "h2c"],
    ["Content-Type", "text/plain"],
    ["Content-Type", "text/html"],
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
  ]);
  const { client } = await start((request) => reply(request, 200, "x", headers));
  const got = await answer(client.request());
  expect(got.status).toBe(200);
  expect(got.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  expect(got.headers["content-type"]).toBe("text/plain");
  for (const name of ["connection", "keep-alive", "transfer-encoding", "upgrade"]) {
    expect(got.headers).not.toHaveProperty(name);
  }
  expect(got.headers).toHaveProperty("date");
});

test("interim responses come before the response", async () => {
  const { client } = await start((request) => {
    request.stream.sendInformational(
      103,
      HeaderList.from([
        ["Link", "</a.css>"],
        ["Link", "</b.css>"],
      ]),
    );
    reply(request, 200, "x");
  });
  const stream = client.request();
  const hints = once(stream, "headers");
  const got = await answer(stream);
  const [early] = await hints;
  expect(early).toMatchObject({ ":status": 103, link: "</a.css>, </b.css>" });
  expect(got.status).toBe(200);
});

test("trailers go to a client that takes them", async () => {
  const { client } = await start((request) => {
    request.stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH);
    request.stream.write(Buffer.from("body"));
    request.stream.end(
      HeaderList.from([
        ["Grpc-Status", "0"],
        ["Content-Length", "9"],
      ]),
    );
  });
  const got = await answer(client.request({ te: "trailers" }));
  expect(got).toMatchObject({ body: "body", rstCode: 0 });
  expect(got.trailers).toEqual({ "grpc-status": "0" });
});

test("a client that takes trailers gets a response without any", async () => {
  const { client } = await start((request) => {
    request.stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH);
    request.stream.write(Buffer.from("body"));
    request.stream.end(null);
  });
  expect(await answer(client.request({ te: "trailers" }))).toMatchObject({ body: "body", trailers: null, rstCode: 0 });
});

test("trailers are left out for other clients", async () => {
  const { client } = await start((request) => {
    request.stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH);
    request.stream.end(HeaderList.from([["Grpc-Status", "0"]]));
  });
  expect(await answer(client.request())).toMatchObject({ status: 200, trailers: null, rstCode: 0 });
});

test("trailers of a request arrive without framing fields", async () => {
  const { acceptor, client } = await start((request) => request.stream.resumeBody());
  const stream = client.request({ ":method": "POST" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "7", host: "evil.test" }));
  const done = answer(stream);
  stream.end("body");
  const request = await acceptor.request();
  await acceptor.until(() => request.ended);
  expect([...(request.trailers ?? [])]).toEqual([["x-sum", "7"]]);
  reply(request, 200, "");
  await done;
});

test("an aborted response is a reset the client can see", async () => {
  const { acceptor, client } = await start((request) => {
    request.stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH);
    request.stream.write(Buffer.from("half"));
    setImmediate(() => request.stream.abort());
  });
  const got = await answer(client.request());
  expect(got.rstCode).toBe(2);
  expect((await acceptor.request()).closedBy).toBeNull();
});

test("a reset by the client is heard once, with unread body waiting", async () => {
  const { acceptor, client } = await start(() => {});
  const stream = client.request({ ":method": "POST" });
  stream.on("error", () => {});
  stream.write("unread");
  const request = await acceptor.request();
  stream.close(8);
  await acceptor.until(() => request.closedBy !== null);
  expect(request.closedBy).toMatchObject({ code: "reset", responseStarted: false });
  expect(request.ended).toBe(false);
});

test("a response that comes before the end of the upload ends the stream without an error", async () => {
  const { acceptor, server, client } = await start((request) => {
    request.stream.resumeBody();
    reply(request, 413, "too big");
  });
  const stream = client.request({ ":method": "POST" });
  stream.write("part");
  const got = await answer(stream);
  expect(got).toMatchObject({ status: 413, body: "too big" });
  expect((await acceptor.request()).closedBy).toBeNull();
  await new Promise((resolve) => client.ping(Buffer.alloc(8), resolve));
  expect(server.served[0]?.busy).toBe(false);
});

test("an upgrade is never offered", async () => {
  const { acceptor, client } = await start((request) => reply(request, 200, ""));
  await answer(client.request());
  const { stream } = await acceptor.request();
  expect(() => stream.acceptUpgrade("websocket", new HeaderList())).toThrow();
});

test.each([
  ["shorter", "abc"],
  ["longer", "abcdefgh"],
])("a response that is %s than it was said to be is cut", async (_name, body) => {
  const { client } = await start(({ stream }) => {
    stream.sendHead(200, new HeaderList(), 5);
    stream.write(Buffer.from(body));
    stream.end(null);
  });
  expect((await answer(client.request())).rstCode).toBe(2);
});

test.each([
  ["a line break", HeaderList.from([["X-A", "1\r\nX-Evil: 1"]])],
  ["a NUL", HeaderList.from([["X-A", "a\0x-evil\0b"]])],
  ["a space in a name", HeaderList.from([["X A", "1"]])],
])("a response head with %s is never sent", async (_name, headers) => {
  const { acceptor, client } = await start(({ stream }) => {
    stream.sendHead(200, headers, 0);
    stream.end(null);
  });
  expect(await answer(client.request())).toMatchObject({
    status: 500,
    body: "500 Internal Server Error\nbad-response-head\n",
  });
  expect((await acceptor.request()).closedBy?.code).toBe("malformed");
});

test("end without a head is a reset", async () => {
  const { client } = await start(({ stream }) => stream.end(null));
  expect((await answer(client.request())).rstCode).toBe(2);
});
