import { once } from "node:events";
import { request } from "node:http";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { LINGER_SILENCE_MS, LingeringClose, LingerRoom } from "../../src/wire/socket/lingering-close.ts";
import { SocketPort } from "../../src/wire/socket/socket-port.ts";
import { HeaderList, TimerWheel, type ServerStream } from "../../src/wire/wire.ts";
import { FakeClock, passTime } from "../support/waiting/fake-clock.ts";
import { RawSocket, waitUntil } from "../support/clients/raw-socket.ts";
import { RecordingBackend } from "../support/servers/recording-backend.ts";
import { manyTurns } from "../support/waiting/waiting.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

const MEGABYTE = 1_048_576;
const CLIENTS = 32;
const HEADS = { length: { "content-length": 8 * MEGABYTE }, chunks: {} };

/** An answer to a request of which only the head was looked at. */
function answerAtOnce(stream: ServerStream): void {
  stream.sendHead(413, new HeaderList(), 5);
  stream.write(Buffer.from("early"));
  stream.end(null);
}

/** What an ordinary client hears that sends 8 MB: the status, or why there was none. */
function upload(port: number, framing: keyof typeof HEADS): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const headers = { host: "a.test", ...HEADS[framing] };
  const client = request({ port, host: "127.0.0.1", method: "POST", headers }, (response) => {
    response.resume();
    response.on("end", () => resolve(String(response.statusCode)));
    response.on("error", (error: NodeJS.ErrnoException) => resolve(`in the body: ${error.code}`));
  });
  client.on("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  for (let piece = 0; piece < 128; piece++) client.write(Buffer.alloc(65_536, "x"));
  client.end();
  return promise;
}

async function uploads(port: number, framing: keyof typeof HEADS): Promise<ReadonlySet<string>> {
  return new Set(await Promise.all(Array.from({ length: CLIENTS }, () => upload(port, framing))));
}

describe("an answer before the end of the request", () => {
  test.each(["length", "chunks"] as const)("reaches every client that goes on sending, body by %s", async (framing) => {
    await using proxy = await WireProxy.open(0);
    proxy.onRequest = answerAtOnce;
    expect([...(await uploads(proxy.port, framing))]).toEqual(["413"]);
  });

  test.each(["length", "chunks"] as const)(
    "of an endpoint that then resets its connection reaches every client, body by %s",
    async (framing) => {
      await using backend = await RecordingBackend.open();
      backend.onBytes = (socket) => {
        socket.removeAllListeners("data");
        socket.end("HTTP/1.1 413 X\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly", () => socket.destroy());
      };
      await using proxy = await WireProxy.open(backend.port);
      expect([...(await uploads(proxy.port, framing))]).toEqual(["413"]);
      expect(proxy.idle).toBeNull();
    },
  );

  test.each([
    ["400", "POST /p HTTP/1.1\r\nHost: a.test\r\nBad Field: 1\r\nContent-Length: 9000000\r\n\r\n"],
    ["431", `POST /p HTTP/1.1\r\nHost: a.test\r\nX: ${"x".repeat(40_000)}\r\nContent-Length: 9000000\r\n\r\n`],
  ])("FR-43 a refusal with %s is not eaten by a reset while megabytes follow", async (status, head) => {
    await using proxy = await WireProxy.open(0);
    await using client = await RawSocket.open(proxy.port);
    client.send(head);
    client.socket.write(Buffer.alloc(8 * MEGABYTE));
    await client.until((text) => text.startsWith(`HTTP/1.1 ${status} `));
    client.halfClose();
    await waitUntil(() => proxy.sockets[0]?.bytesRead === head.length + 8 * MEGABYTE);
    await client.untilEnd();
    expect(client.failure).toBeNull();
  });
});

/** A connection that was answered while its client was sending, and time that stands still. */
async function setUp() {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, 100);
  const proxy = await WireProxy.open(0, { sendTimeoutMs: 60_000, wheel });
  proxy.onRequest = answerAtOnce;
  const client = await RawSocket.open(proxy.port);
  client.send("POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9000000\r\n\r\n");
  await client.untilEnd();
  const [socket] = proxy.sockets as [Socket];
  await waitUntil(() => socket.writableFinished);
  // The end of our side is told in a turn of its own.
  await manyTurns();
  const pass = (ms: number): void => passTime(clock, wheel, ms);
  return {
    client,
    socket,
    pass,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

describe("a client that was answered while it was sending", () => {
  test("is closed after five seconds of silence", async () => {
    await using bench = await setUp();
    bench.pass(4_900);
    expect(bench.socket.destroyed).toBe(false);
    bench.pass(400);
    expect(bench.socket.destroyed).toBe(true);
  });

  test("is closed after thirty seconds, though it never stops sending", async () => {
    await using bench = await setUp();
    for (let second = 0; second < 29; second++) {
      const before = bench.socket.bytesRead;
      bench.client.send("more");
      await waitUntil(() => bench.socket.bytesRead === before + 4);
      bench.pass(1_000);
      expect(bench.socket.destroyed).toBe(false);
    }
    bench.client.send("more");
    bench.pass(1_400);
    expect(bench.socket.destroyed).toBe(true);
  });
});

test("with too many connections that linger, the oldest goes first", async () => {
  const near: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => near.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const wheel = new TimerWheel(systemClock);
  const room = new LingerRoom(2);
  const far: Socket[] = [];
  for (let i = 0; i < 4; i++) {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    far.push(socket);
    await waitUntil(() => near.length === i + 1);
    const options = { wheel, sendTimeoutMs: 60_000, silenceMs: LINGER_SILENCE_MS.sending, onClosed: () => {}, room };
    const idle = { onSocketData() {}, onSocketEnd() {}, onSocketDrain() {}, onSocketError() {}, onSocketClose() {} };
    new LingeringClose(new SocketPort(near[i] as Socket, idle), options).begin();
  }
  expect(near.map((socket) => socket.destroyed)).toEqual([true, true, false, false]);
  expect(room.size).toBe(2);
  near[2]?.destroy();
  await waitUntil(() => room.size === 1);
  for (const socket of [...near, ...far]) socket.destroy();
  server.close();
  wheel.close();
});
