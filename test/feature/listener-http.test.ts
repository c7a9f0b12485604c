import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { clientHello } from "../support/builders/client-hello-bytes.ts";
import {
  END_STREAM,
  frame,
  FRAME,
  getFields,
  H2RawClient,
  headers,
  PREFACE,
} from "../support/clients/h2-raw-client.ts";
import { describeRequest, type ListenerSetup, openTestListener } from "../support/servers/listener-setup.ts";
import { rawExchange } from "../support/clients/raw-exchange.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

const cleanups: (() => PromiseLike<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(...args: Parameters<typeof openTestListener> extends [unknown, ...infer Rest] ? Rest : never) {
  const setup = await openTestListener("http", ...args);
  cleanups.push(() => setup[Symbol.asyncDispose]());
  return setup;
}

async function openSocket(setup: ListenerSetup): Promise<Socket> {
  const socket = connect(setup.port, "127.0.0.1");
  socket.on("error", () => {});
  cleanups.push(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

test("HTTP/1.1 is served", async () => {
  const setup = await open();
  expect(await rawExchange(setup.port, GET)).toContain("1.1 a.test plain");
});

test("an IPv4 client of a dual-stack socket is named by its IPv4 address", async () => {
  const setup = await open(describeRequest, { address: "::" });
  await rawExchange(setup.port, GET);
  const { stream } = await setup.acceptor.request();
  expect(stream.connection.remoteAddress).toBe("127.0.0.1");
});

test("HTTP/1.1 is served when HTTP/2 is switched off", async () => {
  const setup = await open(describeRequest, { settings: { useHttp2: false } });
  expect(await rawExchange(setup.port, GET)).toContain("1.1 a.test plain");
});

test("HTTP/2 is served to a client that knows beforehand", async () => {
  const setup = await open();
  const client = connectHttp2(`http://127.0.0.1:${setup.port}`);
  cleanups.push(() => client.destroy());
  const stream = client.request({ ":authority": "a.test" });
  stream.setEncoding("latin1");
  let body = "";
  for await (const text of stream) body += text;
  expect(body).toBe("2.0 a.test plain");
});

test("H2-16 the preface of HTTP/2 is refused when HTTP/2 is switched off, on connections from then on", async () => {
  const setup = await open();
  const before = await H2RawClient.open(setup.port);
  cleanups.push(() => before[Symbol.asyncDispose]());
  before.write(headers(1, END_STREAM, getFields()));
  expect(await before.status(1)).toBe("200");
  setup.settings = { ...setup.settings, useHttp2: false };
  expect(await rawExchange(setup.port, PREFACE)).toMatch(/^HTTP\/1.1 \d{3} /);
  before.write(headers(3, END_STREAM, getFields()));
  expect(await before.status(3)).toBe("200");
});

test("FR-44 a preface in single bytes is HTTP/2 all the same", async () => {
  const setup = await open();
  const socket = await openSocket(setup);
  socket.setNoDelay(true);
  const bytes = Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0), headers(1, END_STREAM, getFields())]);
  for (const byte of bytes) socket.write(Buffer.from([byte]));
  const { stream } = await setup.acceptor.request();
  expect(stream.request.httpVersion).toBe("2.0");
});

test.each(["P", "PR", "PRI", "PRI ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r"])(
  "a client that stops after %j gets nothing from the backend",
  async (start) => {
    const setup = await open(describeRequest, { settings: { clientHeaderTimeoutMs: 30 } });
    await rawExchange(setup.port, start);
    expect(setup.acceptor.requests.length).toBe(0);
  },
);

test("a POST cut inside its method is HTTP/1.1", async () => {
  const setup = await open();
  const socket = await openSocket(setup);
  socket.setNoDelay(true);
  socket.write("P");
  await new Promise((resolve) => setImmediate(resolve));
  socket.write("OST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  const [text] = await once(socket, "data");
  expect(String(text)).toContain("HTTP/1.1 200");
});

test("FR-38 a TLS hello on the HTTP port is answered 400 once, and the connection closed", async () => {
  const setup = await open();
  const answer = await rawExchange(setup.port, clientHello("a.test"));
  expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(["HTTP/1.1 400"]);
  expect(setup.acceptor.requests.length).toBe(0);
});

test("a client that sends nothing is closed after the header time", async () => {
  const setup = await open(describeRequest, { settings: { clientHeaderTimeoutMs: 30 } });
  const socket = await openSocket(setup);
  socket.resume();
  await once(socket, "close");
  await untilTrue(() => setup.listener.connections === 0);
});

test("a client that resets before its first byte costs nothing", async () => {
  const setup = await open();
  for (let i = 0; i < 50; i++) (await openSocket(setup)).resetAndDestroy();
  expect(await rawExchange(setup.port, GET)).toContain("1.1 a.test plain");
});

test("open connections are counted, and the last one to close is told", async () => {
  const setup = await open();
  const empty = Promise.withResolvers<void>();
  setup.listener.onEmpty = empty.resolve;
  const sockets = [await openSocket(setup), await openSocket(setup)];
  for (const socket of sockets) socket.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await setup.acceptor.request(1);
  expect(setup.listener.connections).toBe(2);
  for (const socket of sockets) socket.destroy();
  await empty.promise;
  expect(setup.listener.connections).toBe(0);
});

test("connections above the limit are closed, those below are served", async () => {
  const setup = await open(() => {}, { deps: { maxConnections: 2 } });
  const kept = [await openSocket(setup), await openSocket(setup)];
  for (const socket of kept) socket.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await setup.acceptor.request(1);
  const refused = await openSocket(setup);
  refused.resume();
  if (!refused.closed) await once(refused, "close");
  expect(setup.listener.connections).toBe(2);
  expect(kept.some((socket) => socket.closed)).toBe(false);
});

test("stopAccepting frees the port while open connections go on", async () => {
  const setup = await open(() => {});
  const socket = await openSocket(setup);
  socket.write(GET);
  const request = await setup.acceptor.request();
  const stopped = setup.listener.stopAccepting();
  expect(setup.listener.stopAccepting()).toBe(stopped);
  const again = await openTestListener("http", describeRequest, { port: setup.port });
  cleanups.push(() => again[Symbol.asyncDispose]());
  describeRequest(request);
  const [text] = await once(socket, "data");
  expect(String(text)).toContain("200");
  await stopped;
});

test("a drain lets requests in flight finish on both protocols, and closes the silent", async () => {
  const setup = await open(() => {});
  const h1 = await openSocket(setup);
  h1.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await setup.acceptor.request(0);
  const h2 = await H2RawClient.open(setup.port);
  cleanups.push(() => h2[Symbol.asyncDispose]());
  h2.write(headers(1, END_STREAM, getFields()));
  await setup.acceptor.request(1);
  const silent = await openSocket(setup);
  silent.resume();
  const stopped = setup.listener.stopAccepting();
  setup.listener.drain();
  for (const request of setup.acceptor.requests) describeRequest(request);
  let answer = "";
  h1.on("data", (bytes: Buffer) => (answer += bytes.toString("latin1")));
  expect(await h2.status(1)).toBe("200");
  await stopped;
  expect(answer).toContain("Connection: close");
  expect(setup.acceptor.requests.every((request) => request.closedBy === null)).toBe(true);
});

test("a client that connected before the drain and speaks up right after it is still answered", async () => {
  const setup = await open();
  const socket = await openSocket(setup);
  await untilTrue(() => setup.listener.connections === 1);
  void setup.listener.stopAccepting();
  setup.listener.drain();
  socket.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  const [text] = await once(socket, "data");
  expect(String(text)).toContain("200 OK");
  await once(socket, "close");
});

test("destroy closes everything at once", async () => {
  const setup = await open(() => {});
  const socket = await openSocket(setup);
  socket.resume();
  socket.write(GET);
  const request = await setup.acceptor.request();
  setup.listener.destroy();
  await once(socket, "close");
  await setup.acceptor.until(() => request.closedBy !== null);
});

test("an address in use is one clear error", async () => {
  const setup = await open();
  await expect(openTestListener("http", describeRequest, { port: setup.port })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${setup.port} (http): another process listens there already`,
  );
});
