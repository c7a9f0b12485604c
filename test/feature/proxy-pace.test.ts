import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { describe, expect, test } from "vitest";
import { RawClient } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { FakeClock } from "../support/waiting/fake-clock.ts";
import { manyTurns, untilTrue } from "../support/waiting/waiting.ts";

const BODY = "0123456789".repeat(300);

/** A route of 1000 bytes a second, and time that stands still. */
async function open(backend: RawBackend, clock: FakeClock): Promise<ProxyFixture> {
  const route = buildRoute("x", "prefix", "/");
  const pace = { bytesPerSecond: 1000, freeBytes: 0 };
  return await ProxyFixture.open(
    {
      hosts: [buildHost("_", [{ ...route, filters: { ...route.filters, pace } }])],
      endpoints: { "test-x-80": [backend.address] },
    },
    { clock },
  );
}

interface Received extends AsyncDisposable {
  readonly body: () => string;
}

async function overHttp1(port: number, tls: string | null): Promise<Received> {
  const client = await RawClient.connect(tls === null ? { port } : { port, tls });
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  return {
    body: () => client.received.slice(client.received.indexOf("\r\n\r\n") + 4),
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

async function overHttp2(port: number): Promise<Received> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  await once(session, "connect");
  const stream = session.request({ ":path": "/", ":authority": "x" });
  stream.on("error", () => {});
  let body = "";
  stream.on("data", (chunk) => (body += String(chunk)));
  return { body: () => body, [Symbol.asyncDispose]: async () => session.destroy() };
}

describe.each([
  ["HTTP/1.1", ({ http }: ProxyFixture) => overHttp1(http.port, null)],
  ["HTTP/1.1 over TLS", ({ proxy }: ProxyFixture) => overHttp1(proxy.ports.https, "x.example")],
  ["HTTP/2", ({ http }: ProxyFixture) => overHttp2(http.port)],
])("a response with limit-rate, over %s", (_protocol, ask) => {
  test("comes in the pace of time, whole and unchanged", async () => {
    const clock = new FakeClock();
    await using backend = await RawBackend.open(answerText(BODY));
    await using fixture = await open(backend, clock);
    await using client = await ask(fixture);
    await untilTrue(() => client.body().length >= 1000);
    await manyTurns();
    expect(client.body()).toHaveLength(1000);
    clock.advance(1000);
    await untilTrue(() => client.body().length >= 2000);
    await manyTurns();
    expect(client.body()).toHaveLength(2000);
    clock.advance(1000);
    await untilTrue(() => client.body().length >= BODY.length);
    expect(client.body()).toBe(BODY);
    expect(await fixture.record()).toMatchObject({ status: 200, responseBodyBytes: BODY.length, errorCode: "" });
  });

  test("that is still under way may finish while the proxy drains", async () => {
    const clock = new FakeClock();
    await using backend = await RawBackend.open(answerText(BODY));
    await using fixture = await open(backend, clock);
    await using client = await ask(fixture);
    await untilTrue(() => client.body().length >= 1000);
    const drained = fixture.proxy.drain(60_000);
    clock.advance(60_000);
    await untilTrue(() => client.body().length >= BODY.length);
    expect(client.body()).toBe(BODY);
    await client[Symbol.asyncDispose]();
    await drained;
  });
});
