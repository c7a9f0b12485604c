import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { PATIENT, ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerRaw, answerText, type Answer, RawBackend } from "../support/servers/raw-backend.ts";
import { get, RawClient, request } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute, type RouteParts } from "../support/builders/route-builder.ts";

const fast = { timeouts: { connectMs: 10_000, sendMs: 10_000, readMs: 300 } };
const once_ = { retry: { ...DEFAULT_SETTINGS.translation.retry, tries: 1 } };

async function openWith(addresses: readonly string[], parts: RouteParts = {}): Promise<ProxyFixture> {
  return await ProxyFixture.open({
    hosts: [buildHost("_", [buildRoute("x", "prefix", "/", parts)])],
    endpoints: { "test-x-80": addresses },
  });
}

/** An address where nobody listens. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  server.close();
  await once(server, "close");
  return `127.0.0.1:${port}`;
}

describe("backends that fail", () => {
  test("nobody listens: 502", async () => {
    await using fixture = await openWith([await closedAddress()]);
    const response = await get(fixture.http, "x.example", "/");
    expect(response.status).toBe(502);
    expect(response.body).toContain("<h1>502 Bad Gateway</h1>");
    expect((await fixture.record()).attempts).toHaveLength(3);
  });

  test("no endpoints: 503", async () => {
    await using fixture = await openWith([]);
    expect((await get(fixture.http, "x.example", "/")).body).toContain("503 Service Temporarily Unavailable");
  });

  const broken: readonly (readonly [string, Answer])[] = [
    ["a reset before the head", ({ socket }) => socket.destroy()],
    ["garbage", answerRaw("SSH-2.0-OpenSSH\r\n\r\n", "close")],
    [
      "BE-01 two framings",
      answerRaw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ],
    ["BE-08 a split field", answerRaw("HTTP/1.1 200 OK\r\nX: a\nX-Evil: 1\r\nContent-Length: 0\r\n\r\n")],
    ["FR-42 an upgrade that nobody asked for", answerRaw("HTTP/1.1 101 Switching Protocols\r\n\r\n")],
  ];
  test.each(broken)("%s: 502", async (_name, answer) => {
    await using backend = await RawBackend.open(answer);
    await using fixture = await openWith([backend.address], once_);
    const response = await get(fixture.http, "x.example", "/");
    expect(response.status).toBe(502);
    expect(response.fields.join()).not.toContain("Evil");
  });

  test("BE-11 no answer in time: 504", async () => {
    await using backend = await RawBackend.open(() => {});
    await using fixture = await openWith([backend.address], { ...fast, ...once_ });
    const response = await get(fixture.http, "x.example", "/");
    expect(response.status).toBe(504);
    expect(response.body).toContain("504 Gateway Time-out");
  });

  test.each([
    ["a known length", "Content-Length: 100\r\n\r\nhello"],
    ["chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
  ])("BE-05 a body cut short of %s never looks complete", async (_name, head) => {
    await using backend = await RawBackend.open(answerRaw(`HTTP/1.1 200 OK\r\n${head}`, "close"));
    await using fixture = await openWith([backend.address]);
    const response = await get(fixture.http, "x.example", "/");
    expect([response.status, response.complete]).toEqual([200, false]);
    expect((await fixture.record()).errorCode).not.toBe("");
  });

  test("after a broken answer the next request is served", async () => {
    let broken_ = true;
    await using backend = await RawBackend.open((req, self) => {
      if (broken_) req.socket.destroy();
      else answerText("ok")(req, self);
    });
    await using fixture = await openWith([backend.address], once_);
    expect((await get(fixture.http, "x.example", "/")).status).toBe(502);
    broken_ = false;
    expect((await get(fixture.http, "x.example", "/")).status).toBe(200);
  });
});

describe("trying again", () => {
  test("a GET goes on to the next endpoint", async () => {
    await using good = await RawBackend.open(answerText("good"));
    await using fixture = await openWith([await closedAddress(), good.address]);
    for (let i = 0; i < 4; i++) expect((await get(fixture.http, "x.example", "/")).body).toBe("good");
  });

  test("a POST that may have been sent is never sent again", async () => {
    await using bad = await RawBackend.open(({ socket }) => socket.destroy());
    await using fixture = await openWith([bad.address]);
    const response = await request(fixture.http, ["POST / HTTP/1.1", "Host: x.example", "Content-Length: 2"], "ok");
    expect([response.status, bad.requests.length]).toEqual([502, 1]);
  });

  test("a POST goes on when nobody took the connection", async () => {
    await using good = await RawBackend.open(answerText("good"));
    await using fixture = await openWith([await closedAddress(), good.address]);
    for (let i = 0; i < 2; i++) {
      const response = await request(fixture.http, ["POST / HTTP/1.1", "Host: x.example", "Content-Length: 2"], "ok");
      expect(response.body).toBe("good");
    }
    expect(good.requests.map((one) => one.body)).toEqual(["ok", "ok"]);
  });
});

describe("bodies above the limit", () => {
  const small = { bodyLimitBytes: 10 };

  test("a declared length is refused before the backend hears of it", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await openWith([backend.address], small);
    const response = await request(
      fixture.http,
      ["POST / HTTP/1.1", "Host: x.example", "Content-Length: 11"],
      "hello world",
    );
    expect([response.status, backend.requests.length]).toEqual([413, 0]);
    expect(response.body).toContain("413 Request Entity Too Large");
  });

  test("a streamed body is cut when it grows too large, on both sides", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await openWith([backend.address], small);
    using client = await RawClient.connect(fixture.http);
    client.send("POST / HTTP/1.1\r\nHost: x.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    client.send("9\r\n too much\r\n0\r\n\r\n");
    expect((await client.response()).status).toBe(413);
    await client.until(() => client.closed);
    await expect.poll(() => backend.sockets.size, PATIENT).toBe(0);
    expect(backend.requests.every((one) => !one.ended)).toBe(true);
  });
});

describe("clients that leave", () => {
  test("the backend's work is cut off and the log says 499", async () => {
    await using backend = await RawBackend.open(() => {});
    await using fixture = await openWith([backend.address]);
    using client = await RawClient.connect(fixture.http);
    client.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await expect.poll(() => backend.requests.length, PATIENT).toBe(1);
    client.socket.destroy();
    expect(await fixture.record()).toMatchObject({ status: 499, errorCode: "client-closed" });
    await expect.poll(() => backend.sockets.size, PATIENT).toBe(0);
  });

  test("FR-39 a client that leaves inside its body never has it completed for it", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await openWith([backend.address]);
    using client = await RawClient.connect(fixture.http);
    client.send("POST / HTTP/1.1\r\nHost: x.example\r\nContent-Length: 100\r\n\r\nhello");
    await expect.poll(() => backend.requests[0]?.body, PATIENT).toBe("hello");
    client.socket.destroy();
    await expect.poll(() => backend.sockets.size, PATIENT).toBe(0);
    expect(backend.requests[0]?.ended).toBe(false);
  });
});
