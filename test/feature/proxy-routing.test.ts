import { describe, expect, test } from "vitest";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerRaw, answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { get, RawClient, request } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

describe("requests through real sockets", () => {
  test("host and path choose the backend", async () => {
    await using shop = await RawBackend.open(answerText("shop"));
    await using api = await RawBackend.open(answerText("api"));
    await using wild = await RawBackend.open(answerText("wild"));
    await using fixture = await ProxyFixture.open({
      hosts: [
        buildHost("shop.example", [buildRoute("api", "prefix", "/api"), buildRoute("shop", "prefix", "/")]),
        buildHost("*.example", [buildRoute("wild", "prefix", "/")]),
      ],
      endpoints: { "test-shop-80": [shop.address], "test-api-80": [api.address], "test-wild-80": [wild.address] },
    });
    const bodyOf = async (host: string, path: string): Promise<string> => (await get(fixture.http, host, path)).body;
    expect(await bodyOf("shop.example", "/")).toBe("shop");
    expect(await bodyOf("SHOP.example:80", "/api/v1")).toBe("api");
    expect(await bodyOf("shop.example", "/apiary")).toBe("shop");
    expect(await bodyOf("blog.example", "/")).toBe("wild");
    expect((await get(fixture.http, "a.b.example", "/")).status).toBe(404);
  });

  test("the exact bytes that a backend sees", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
      endpoints: { "test-x-80": [backend.address] },
    });
    await get(fixture.http, "shop.example:8080", "/a%2Fb?x=1", [
      "User-Agent: curl",
      "X-Forwarded-For: 6.6.6.6",
      "X-Real-IP: 6.6.6.6",
      "X_Forwarded_Proto: https",
      "Connection: close, X-Hop",
      "X-Hop: 1",
      "X-Request-ID: id-1",
      "Accept: */*",
    ]);
    const [seen] = backend.requests;
    expect(seen?.line).toBe("GET /a%2Fb?x=1 HTTP/1.1");
    expect(seen?.fields.filter((field) => !/^connection:/i.test(field))).toEqual([
      "Host: shop.example:8080",
      "User-Agent: curl",
      "Accept: */*",
      "X-Request-ID: id-1",
      "X-Forwarded-Host: shop.example:8080",
      "X-Original-Forwarded-For: 6.6.6.6",
      "X-Real-IP: 127.0.0.1",
      "X-Forwarded-For: 127.0.0.1",
      "X-Forwarded-Port: 80",
      "X-Forwarded-Proto: http",
      "X-Forwarded-Scheme: http",
      "X-Scheme: http",
    ]);
  });

  test("over TLS: forwarded scheme and port, HSTS, no redirect", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/")], { certificate: "default" })],
      endpoints: { "test-x-80": [backend.address] },
    });
    const response = await get(fixture.https("shop.example"), "shop.example", "/");
    expect(response.body).toBe("ok");
    expect(response.fields).toEqual(["Strict-Transport-Security: max-age=31536000; includeSubDomains"]);
    expect(backend.requests[0]?.fields).toContain("X-Forwarded-Proto: https");
    expect(backend.requests[0]?.fields).toContain("X-Forwarded-Port: 443");
  });

  test("http is redirected when the host has a certificate", async () => {
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/")], { certificate: "default" })],
    });
    const response = await get(fixture.http, "shop.example:8080", "/cart/?x=1");
    expect(response.status).toBe(308);
    expect(response.field("location")).toBe("https://shop.example/cart/?x=1");
    expect(response.body).toContain("308 Permanent Redirect");
  });

  test("an upload arrives whole, with its length; a chunked one stays chunked", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
      endpoints: { "test-x-80": [backend.address] },
    });
    await request(fixture.http, ["POST /a HTTP/1.1", "Host: x.example", "Content-Length: 5"], "hello");
    await request(
      fixture.http,
      ["POST /b HTTP/1.1", "Host: x.example", "Transfer-Encoding: chunked"],
      "5\r\nhello\r\n0\r\n\r\n",
    );
    expect(backend.requests.map((one) => one.body)).toEqual(["hello", "hello"]);
    expect(backend.requests[0]?.fields).toContain("Content-Length: 5");
  });

  test("Expect: 100-continue is answered by the proxy once the request may pass, and never forwarded", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
      endpoints: { "test-x-80": [backend.address] },
    });
    using client = await RawClient.connect(fixture.http);
    client.send("PUT /a HTTP/1.1\r\nHost: x.example\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    await client.until((received) => received.includes("\r\n\r\n"));
    expect(client.received).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    client.received = "";
    client.send("ok");
    expect((await client.response()).status).toBe(200);
    expect(backend.requests[0]?.fields.some((field) => /^expect/i.test(field))).toBe(false);
  });

  test("an Expect of a refused request gets the refusal instead", async () => {
    await using fixture = await ProxyFixture.open({ hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])] });
    const response = await request(fixture.http, [
      "PUT / HTTP/1.1",
      "Host: x.example",
      "Content-Length: 2000000",
      "Expect: 100-continue",
    ]);
    expect(response.status).toBe(413);
  });

  test("HEAD keeps the length and has no body; 204 has neither", async () => {
    await using backend = await RawBackend.open(({ line, socket }) => {
      socket.write(
        line.startsWith("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : "HTTP/1.1 204 No Content\r\n\r\n",
      );
    });
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
      endpoints: { "test-x-80": [backend.address] },
    });
    using client = await RawClient.connect(fixture.http);
    client.send("HEAD / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    const head = await client.response("HEAD");
    expect([head.status, head.field("content-length"), head.body]).toEqual([200, "5", ""]);
    client.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    expect((await client.response()).status).toBe(204);
  });

  test("BE-10 early hints pass on to HTTP/1.1 clients that know of them", async () => {
    await using backend = await RawBackend.open(
      answerRaw("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    );
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
      endpoints: { "test-x-80": [backend.address] },
    });
    const fields = ["GET / HTTP/1.1", "Host: x.example"];
    const hinted = await request(fixture.http, [...fields, "Sec-Fetch-Mode: navigate"]);
    expect([hinted.status, hinted.field("link")]).toEqual([103, "</a>"]);
    expect((await request(fixture.http, fields)).status).toBe(200);
  });

  test("before the first model everything is 503; health checks and unknown hosts work after it", async () => {
    await using fixture = await ProxyFixture.open(null);
    expect((await get(fixture.http, "x.example", "/healthz")).status).toBe(503);
    fixture.apply({ hosts: [] });
    expect((await get(fixture.http, "x.example", "/healthz")).status).toBe(200);
    const missing = await get(fixture.http, "x.example", "/");
    expect(missing.status).toBe(404);
    expect(missing.field("server")).toBeUndefined();
  });

  test("a request that the wire refuses is in the log as well", async () => {
    await using fixture = await ProxyFixture.open({ hosts: [] });
    const response = await request(fixture.http, ["GET / HTTP/1.1", "Host: a", "Host: b"]);
    expect(response.status).toBe(400);
    expect(await fixture.record()).toMatchObject({
      status: 400,
      route: null,
      virtualHost: null,
      clientAddress: "127.0.0.1",
    });
  });

  test("connections to backends are kept and used again", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
      endpoints: { "test-x-80": [backend.address] },
    });
    for (let i = 0; i < 5; i++) await get(fixture.http, "x.example", "/");
    expect([backend.requests.length, backend.connections]).toEqual([5, 1]);
  });
});
