import { once } from "node:events";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { expect, test } from "vitest";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerRaw, RawBackend } from "../support/servers/raw-backend.ts";
import { get } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

const COOKIES = Array.from({ length: 100 }, (_, i) => `Set-Cookie: part-${i}=${"x".repeat(1000)}`);
const BIG_ANSWER = ["HTTP/1.1 200 OK", ...COOKIES, "Content-Length: 2", "", "ok"].join("\r\n");

async function openFixture(backend: RawBackend, responseHeadBytes: number): Promise<ProxyFixture> {
  return await ProxyFixture.open({
    hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/", { responseHeadBytes })])],
    endpoints: { "test-x-80": [backend.address] },
  });
}

async function getByHttp2(fixture: ProxyFixture): Promise<IncomingHttpHeaders> {
  const session = connect(`https://127.0.0.1:${fixture.proxy.ports.https}`, {
    rejectUnauthorized: false,
    servername: "shop.example",
    settings: { maxHeaderListSize: 1_048_576 },
    maxSendHeaderBlockLength: 1_048_576,
  });
  try {
    const stream = session.request({ ":path": "/", ":authority": "shop.example" });
    const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
    return headers;
  } finally {
    session.destroy();
  }
}

test("an answer with 100 KB of cookies passes where proxy-buffer-size is 128k, to HTTP/1.1 and HTTP/2", async () => {
  await using backend = await RawBackend.open(answerRaw(BIG_ANSWER));
  await using fixture = await openFixture(backend, 131_072);
  const answer = await get(fixture.http, "shop.example", "/");
  expect(answer.fields).toEqual(COOKIES);
  expect((await getByHttp2(fixture))["set-cookie"]).toHaveLength(COOKIES.length);
});

test("an answer with 100 KB of cookies is 502 where proxy-buffer-size is not set", async () => {
  await using backend = await RawBackend.open(answerRaw(BIG_ANSWER));
  await using fixture = await openFixture(backend, 65_536);
  expect((await get(fixture.http, "shop.example", "/")).status).toBe(502);
});

test("a status above 599 passes to HTTP/1.1 and HTTP/2, and into the log", async () => {
  await using backend = await RawBackend.open(answerRaw("HTTP/1.1 704 Odd\r\nContent-Length: 2\r\n\r\nok"));
  await using fixture = await openFixture(backend, 65_536);
  expect(await get(fixture.http, "shop.example", "/")).toMatchObject({ status: 704, body: "ok" });
  expect((await getByHttp2(fixture))[":status"]).toBe(704);
  expect(await fixture.record()).toMatchObject({ status: 704, errorCode: "" });
});
