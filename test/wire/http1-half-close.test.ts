import { describe, expect, test } from "vitest";
import { HeaderList, TimerWheel, UNKNOWN_LENGTH, type ServerStream } from "../../src/wire/wire.ts";
import { FakeClock, passTime } from "../support/waiting/fake-clock.ts";
import { RawSocket, waitUntil } from "../support/clients/raw-socket.ts";
import { manyTurns } from "../support/waiting/waiting.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

const GET = "GET /p HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** A server whose streams the test answers, a client that has ended its side, and time that stands still. */
async function setUp(request: string, streams: number) {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, 100);
  const proxy = await WireProxy.open(0, { sendTimeoutMs: 60_000, wheel });
  proxy.onRequest = (stream) => {
    stream.handler = {
      ...stream.handler,
      onDrain: () => {},
      onClose: (error) => void proxy.clientErrors.push(error),
    };
    stream.resumeBody();
  };
  const client = await RawSocket.open(proxy.port);
  client.send(request);
  await waitUntil(() => proxy.accepted.length === streams);
  client.halfClose();
  await waitUntil(() => proxy.sockets[0]?.readableEnded === true);
  await manyTurns();
  const pass = (ms: number): void => passTime(clock, wheel, ms);
  return {
    proxy,
    client,
    pass,
    stream: (index: number) => proxy.accepted[index] as ServerStream,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function answer(stream: ServerStream, text: string): void {
  stream.sendHead(200, new HeaderList(), text.length);
  stream.write(Buffer.from(text));
  stream.end(null);
}

describe("a client that ends its side after a whole request", () => {
  test.each([
    ["without a body", GET],
    ["with a body of known length", "POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello"],
    ["with chunks", "POST /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"],
    ["of HTTP/1.0", "GET /p HTTP/1.0\r\n\r\n"],
  ])("%s gets its answer, and then the end", async (_name, request) => {
    await using bench = await setUp(request, 1);
    bench.pass(3_000);
    answer(bench.stream(0), "late");
    expect(await bench.client.untilEnd()).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nlate$/);
    expect(bench.client.failure).toBeNull();
    expect(bench.proxy.clientErrors).toEqual([]);
  });

  test("gets the answers to all the requests that it had sent", async () => {
    await using bench = await setUp(GET + GET, 1);
    answer(bench.stream(0), "first");
    await waitUntil(() => bench.proxy.accepted.length === 2);
    answer(bench.stream(1), "second");
    expect((await bench.client.untilEnd()).match(/first|second/g)).toEqual(["first", "second"]);
  });

  test("is taken for gone when nothing could be sent to it for five seconds", async () => {
    await using bench = await setUp(GET, 1);
    bench.pass(4_900);
    expect(bench.proxy.clientErrors).toEqual([]);
    bench.pass(400);
    expect(bench.proxy.clientErrors).toMatchObject([{ code: "closed" }]);
  });

  test("gets an answer that comes in pieces for as long as they come", async () => {
    await using bench = await setUp(GET, 1);
    const stream = bench.stream(0);
    stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH);
    for (let i = 0; i < 5; i++) {
      stream.write(Buffer.from(`piece ${i},`));
      bench.pass(4_000);
    }
    stream.end(null);
    expect(await bench.client.untilEnd()).toContain("piece 4,");
    expect(bench.proxy.clientErrors).toEqual([]);
  });
});

test("a client that ends its side inside its body is gone at once", async () => {
  await using bench = await setUp("POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nhello", 1);
  expect(bench.proxy.clientErrors).toMatchObject([{ code: "closed", detail: "client closed inside the request body" }]);
});
