import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { connectHttp1, HeaderList, TimerWheel, type WireError } from "../../src/wire/wire.ts";
import { FakeClock, passTime } from "../support/waiting/fake-clock.ts";
import { RawSocket, waitingBytes, waitUntil } from "../support/clients/raw-socket.ts";
import { RecordingBackend } from "../support/servers/recording-backend.ts";
import { manyTurns } from "../support/waiting/waiting.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

/** Time stands still but for `pass`: what expires does so because of it. */
async function setUp(respond?: Parameters<typeof RecordingBackend.open>[0]) {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, 100);
  const backend = await RecordingBackend.open(respond);
  const options = { headerTimeoutMs: 10_000, bodyTimeoutMs: 6000, keepAliveMs: 75_000, sendTimeoutMs: 30_000, wheel };
  const proxy = await WireProxy.open(backend.port, options);
  const client = await RawSocket.open(proxy.port);
  const pass = (ms: number): void => passTime(clock, wheel, ms);
  return {
    wheel,
    backend,
    proxy,
    client,
    pass,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

const GET = "GET /p HTTP/1.1\r\nHost: a.test\r\n\r\n";

describe("client connections", () => {
  test("DS-01 a head has ten seconds as a whole, however it trickles", async () => {
    await using bench = await setUp();
    await waitUntil(() => bench.proxy.connections.length === 1);
    let sent = 0;
    for (const piece of ["GET /p HT", "TP/1.1\r\n", "Host: ", "a.test\r\n", "X"]) {
      bench.client.send(piece);
      sent += piece.length;
      await waitUntil(() => bench.proxy.sockets[0]?.bytesRead === sent);
      bench.pass(1900);
    }
    expect(bench.client.received).toBe("");
    bench.pass(900);
    expect(await bench.client.untilEnd()).toMatch(/^HTTP\/1\.1 408 [^]*Connection: close\r\n/);
    expect(bench.proxy.refusals).toMatchObject([{ status: 408, code: "head-timeout" }]);
    expect(bench.backend.connections).toHaveLength(0);
  });

  test("a client that never says anything is dropped without a word", async () => {
    await using bench = await setUp();
    await waitUntil(() => bench.proxy.connections.length === 1);
    bench.pass(10_300);
    expect(await bench.client.untilEnd()).toBe("");
    expect(bench.proxy.refusals).toEqual([]);
  });

  test("an idle connection is closed after its keep-alive time, counted from the last answer", async () => {
    await using bench = await setUp();
    for (let i = 1; i <= 3; i++) {
      bench.client.send(GET);
      await bench.client.until((text) => text.split("HTTP/1.1 200").length === i + 1 && text.endsWith("HTTP/1.1"));
      bench.pass(70_000);
      expect(bench.client.ended).toBe(false);
    }
    bench.pass(6000);
    expect(await bench.client.untilEnd()).not.toContain("408");
  });

  test("DS-02 a body with a gap gets 408, and the backend's request is given up", async () => {
    await using bench = await setUp();
    bench.client.send("POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n");
    for (const piece of ["1", "2", "3"]) {
      bench.client.send(piece);
      const bytes = bench.backend.receivedBytes;
      await waitUntil(() => bench.backend.receivedBytes > bytes);
      await waitUntil(() => bench.backend.connections[0]?.received.endsWith(piece) === true);
      bench.pass(5000);
    }
    expect(bench.client.received).toBe("");
    bench.pass(1400);
    expect(await bench.client.untilEnd()).toMatch(/^HTTP\/1\.1 408 /);
    await waitUntil(() => bench.backend.connections[0]?.ended === true);
    expect(bench.proxy.clientErrors).toMatchObject([{ code: "read-timeout" }]);
  });

  /** Sends so many bytes every four seconds; what the client was told after half a minute. */
  async function trickle(head: string, piece: string): Promise<string> {
    await using bench = await setUp();
    bench.client.send(`POST /p HTTP/1.1\r\nHost: a.test\r\n${head}\r\n\r\n`);
    await waitUntil(() => bench.proxy.accepted.length === 1);
    for (let i = 0; i < 8 && !bench.client.ended; i++) {
      const before = bench.proxy.sockets[0]?.bytesRead ?? 0;
      bench.client.send(piece);
      await waitUntil(() => bench.client.ended || bench.proxy.sockets[0]?.bytesRead === before + piece.length);
      await manyTurns();
      bench.pass(4000);
      await manyTurns();
    }
    return bench.client.received;
  }

  test("DS-02 a body of known length that only trickles gets 408, though no gap is long", async () => {
    expect(await trickle("Content-Length: 100000", "x".repeat(800))).toMatch(/^HTTP\/1\.1 408 [^]*body-timeout/);
  });

  test("DS-02 a body that comes slowly, but comes, is waited for", async () => {
    expect(await trickle("Content-Length: 100000", "x".repeat(2000))).toBe("");
  });

  test("DS-02 a stream without a length may say little", async () => {
    expect(await trickle("Transfer-Encoding: chunked", "1\r\nx\r\n")).toBe("");
  });

  test("DS-03 a reader that takes nothing is cut off", async () => {
    await using bench = await setUp();
    bench.proxy.onRequest = (stream) => {
      const write = (): void => {
        while (stream.write(Buffer.alloc(65_536)));
      };
      const onClose = (error: WireError): void => void bench.proxy.clientErrors.push(error);
      stream.handler = { onBody: () => {}, onBodyEnd: () => {}, onDrain: write, onClose };
      stream.sendHead(200, new HeaderList(), 100_000_000);
      write();
    };
    bench.client.socket.pause();
    bench.client.send(GET);
    await waitUntil(() => bench.proxy.accepted.length === 1);
    await waitUntil(() => waitingBytes(bench.proxy.sockets[0]) > 0);
    bench.pass(61_000);
    await waitUntil(() => bench.proxy.clientErrors.length === 1);
    expect(bench.proxy.clientErrors).toMatchObject([{ code: "send-timeout", responseStarted: true }]);
  });

  test("a client that does not end its side after the last answer is closed a second later", async () => {
    await using bench = await setUp();
    bench.client.send("GET /p HTTP/1.0\r\n\r\n");
    await bench.client.untilEnd();
    const [connection] = bench.proxy.connections;
    let closed = false;
    if (connection !== undefined) connection.onClosed = () => (closed = true);
    await waitUntil(() => bench.proxy.sockets[0]?.writableFinished === true);
    bench.pass(900);
    expect(bench.proxy.sockets[0]?.destroyed).toBe(false);
    expect(closed).toBe(false);
    bench.pass(400);
    await waitUntil(() => closed);
    // That of the endpoint's connection, which waits for its next request.
    expect(bench.wheel.size).toBe(1);
  });
});

describe("endpoint connections", () => {
  test("BE-11 an endpoint that never answers costs the read timeout, and 504", async () => {
    await using bench = await setUp(() => {});
    bench.client.send(GET);
    await waitUntil(() => bench.backend.requests.length === 1);
    bench.pass(9900);
    expect(bench.client.received).toBe("");
    bench.pass(400);
    await bench.client.until((text) => text.includes("HTTP/1.1 504"));
    expect(bench.proxy.upstreamErrors).toMatchObject([
      { code: "read-timeout", requestSent: true, responseStarted: false },
    ]);
    await waitUntil(() => bench.backend.connections[0]?.ended === true);
  });

  test("BE-11 an endpoint that stops inside its body is cut, and so is the answer", async () => {
    await using bench = await setUp((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"));
    bench.client.send(GET);
    await bench.client.until((text) => text.endsWith("hello"));
    bench.pass(10_400);
    expect(await bench.client.untilEnd()).toMatch(/\r\nContent-Length: 10\r\n[^]*\r\n\r\nhello$/);
  });

  test("an address where nobody listens is refused, one that does not answer times out", async () => {
    const wheel = new TimerWheel(systemClock);
    const refused = await connectError("127.0.0.1", 1, wheel);
    expect(refused).toMatchObject({ code: "connect-refused", requestSent: false, responseStarted: false });
    wheel.close();
  });

  test("a connection attempt ends at its deadline, and nothing comes after it was cancelled", async () => {
    const clock = new FakeClock();
    const wheel = new TimerWheel(clock, 100);
    const failures: WireError[] = [];
    const events = {
      onConnected: () => expect.unreachable(),
      onFailed: (error: WireError) => void failures.push(error),
    };
    await using silent = await RecordingBackend.open();
    // A TLS handshake with a server that says nothing lasts for ever.
    const dial = { host: "127.0.0.1", port: silent.port, tls: { serverName: null, verify: false } };
    connectHttp1(dial, 1000, wheel, events);
    connectHttp1(dial, 1000, wheel, events).cancel();
    clock.advance(1300);
    wheel.tick();
    expect(failures).toMatchObject([{ code: "connect-timeout" }]);
    expect(wheel.size).toBe(0);
    wheel.close();
  });
});

async function connectError(host: string, port: number, wheel: TimerWheel): Promise<WireError> {
  return new Promise((resolve, reject) => {
    connectHttp1({ host, port, tls: null }, 2000, wheel, {
      onConnected: () => reject(new Error("connected")),
      onFailed: resolve,
    });
  });
}
