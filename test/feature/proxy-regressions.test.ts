import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { webSocketAccept } from "../../src/wire/http1/response-rules.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { RawClient, request } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

/** Faults that other proxies had, where they concern the whole way of a request. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** An address where nobody listens. */
async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `127.0.0.1:${port}`;
}

test("a WebSocket handshake that is tried again at another endpoint becomes a tunnel there (Traefik)", async () => {
  await using backend = await RawBackend.open(({ socket }) => {
    const accept = `Sec-WebSocket-Accept: ${webSocketAccept(KEY)}`;
    socket.write(`HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${accept}\r\n\r\nhello`);
  });
  await using fixture = await ProxyFixture.open({
    hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
    endpoints: { "test-x-80": [await closedAddress(), backend.address] },
  });
  // Round robin: one of two begins at the dead endpoint.
  for (const turn of [1, 2]) {
    using client = await RawClient.connect(fixture.http);
    const fields = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    client.send(["GET /ws HTTP/1.1", "Host: a.test", ...fields, `Sec-WebSocket-Key: ${KEY}`, "", ""].join("\r\n"));
    await expect.poll(() => client.received, { timeout: 10_000 }).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nhello$/);
    expect(backend.requests).toHaveLength(turn);
  }
});

describe.each([1, 100, 101, 10_000])("HD-09 a table of %d hosts (Caddy CVE-2026-27588)", (count) => {
  test.each(["shop.test", "SHOP.Test", "shop.test.", "shop.test:8080", "Shop.TEST.:80"])("knows %s", async (host) => {
    await using backend = await RawBackend.open(answerText("ok"));
    const others = Array.from({ length: count - 1 }, (_, i) => buildHost(`h${i}.test`, []));
    await using fixture = await ProxyFixture.open({
      hosts: [...others, buildHost("shop.test", [buildRoute("x", "prefix", "/")])],
      endpoints: { "test-x-80": [backend.address] },
    });
    expect((await request(fixture.http, ["GET /p HTTP/1.1", `Host: ${host}`])).status).toBe(200);
    expect((await request(fixture.http, ["GET /p HTTP/1.1", "Host: shop2.test"])).status).toBe(404);
  });
});
