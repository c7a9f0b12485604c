import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { GrpcBackend, GrpcClient } from "../support/servers/grpc.ts";
import { frame, FRAME, PREFACE } from "../support/clients/h2-raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

const ALTSVC = 10;
const ORIGIN = 12;
const SETTINGS = frame(FRAME.settings, 0, 0);
/** `:status: 200` as an entry of HPACK's static table. */
const STATUS_200 = Buffer.from([0x88]);
const HEADERS_DONE = 5;

/** An endpoint that greets in HTTP/2 and then says these frames to whatever request comes. */
async function openHostile(frames: readonly Buffer[]): Promise<AsyncDisposable & { readonly address: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.write(SETTINGS);
    let received = Buffer.alloc(0);
    let said = false;
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      if (said || !typesOf(received).includes(FRAME.headers)) return;
      said = true;
      socket.write(Buffer.concat(frames));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Types of the frames behind the client's preface. */
function typesOf(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = PREFACE.length; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3))
    types.push(bytes[at + 3] ?? 0);
  return types;
}

async function open(address: string): Promise<ProxyFixture> {
  const route = buildRoute("x", "prefix", "/", { protocol: "grpc" });
  return await ProxyFixture.open({
    hosts: [buildHost("shop.example", [route])],
    endpoints: { "test-x-80": [address] },
  });
}

function clientOf(fixture: ProxyFixture): GrpcClient {
  return new GrpcClient(`http://127.0.0.1:${fixture.http.port}`);
}

/** After whatever the endpoint did the proxy still serves others. */
async function expectServing(fixture: ProxyFixture): Promise<void> {
  await using good = await GrpcBackend.open(async (call) => {
    for await (const message of call.messages) call.send(message);
    call.finish(0);
  });
  fixture.apply({ endpoints: { "test-x-80": [good.address] } });
  using client = clientOf(fixture);
  expect((await client.unary("/shop.Cart/Add", "milk")).messages).toEqual(["milk"]);
}

describe("an HTTP/2 endpoint", () => {
  test.each([
    ["of zero on a stream (nginx)", [frame(FRAME.windowUpdate, 0, 1, Buffer.alloc(4))]],
    ["of zero on the connection", [frame(FRAME.windowUpdate, 0, 0, Buffer.alloc(4))]],
    ["beyond 2³¹", [frame(FRAME.windowUpdate, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff]))]],
  ])("that sends a WINDOW_UPDATE %s costs its call and nothing else", async (_name, frames) => {
    await using endpoint = await openHostile(frames);
    await using fixture = await open(endpoint.address);
    using client = clientOf(fixture);
    const outcome = await client.unary("/shop.Cart/Add", "milk");
    expect(outcome.headers[":status"]).toBe(502);
    await expectServing(fixture);
  });

  test("that takes no stream at all is connected to as often as there are tries", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.on("error", () => {});
      socket.resume();
      socket.write(frame(FRAME.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 0])));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    await using fixture = await open(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    using client = clientOf(fixture);
    const outcome = await client.unary("/shop.Cart/Add", "milk");
    expect(outcome.headers[":status"]).toBe(502);
    expect(connections).toBe(3);
    await expectServing(fixture);
    server.close();
  });

  test("H2-27 that floods with ORIGIN and ALTSVC is not listened to", async () => {
    const origins = Array.from({ length: 500 }, (_, i) => {
      const name = Buffer.from(`https://o${i}.example`);
      return frame(ORIGIN, 0, 0, Buffer.concat([Buffer.from([0, name.length]), name]));
    });
    const services = Array.from({ length: 500 }, () => frame(ALTSVC, 0, 0, Buffer.from("\0\x01aclear")));
    const answer = frame(FRAME.headers, HEADERS_DONE, 1, STATUS_200);
    await using endpoint = await openHostile([...origins, ...services, answer]);
    await using fixture = await open(endpoint.address);
    using client = clientOf(fixture);
    const outcome = await client.unary("/shop.Cart/Add", "milk");
    // Whether it is put up with or hung up on: it harms nobody else.
    expect([200, 502]).toContain(outcome.headers[":status"]);
    await expectServing(fixture);
  });
});
