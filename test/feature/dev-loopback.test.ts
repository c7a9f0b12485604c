import { once } from "node:events";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createSecureServer, createServer as createHttp2 } from "node:http2";
import { createServer as createHttps } from "node:https";
import { connect, type Server } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { BackendProtocol } from "../../src/model/backend-protocol.ts";
import { revealSecret } from "../../src/lib/secret.ts";
import { ask } from "../support/builders/http-request.ts";
import { PATIENT, ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { EC_PAIR } from "../support/builders/test-certificates.ts";

const PEM = { cert: EC_PAIR.certPem, key: revealSecret(EC_PAIR.keyPem) };
const OPENERS: Readonly<Record<Exclude<BackendProtocol, "auto">, (listener: RequestListener) => Server>> = {
  http: (listener) => createHttp(listener),
  https: (listener) => createHttps(PEM, listener),
  grpc: (listener) => createHttp2((request, response) => listener(request as never, response as never)),
  grpcs: (listener) => createSecureServer(PEM, (request, response) => listener(request as never, response as never)),
};

async function listenAt(address: string, server: Server): Promise<number> {
  server.listen(0, address);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const bound = server.address();
  return typeof bound === "object" ? (bound?.port ?? 0) : 0;
}

async function proxyTo(endpoint: string, protocol: BackendProtocol): Promise<ProxyFixture> {
  const fixture = await ProxyFixture.open(null);
  onTestFinished(() => fixture[Symbol.asyncDispose]());
  const route = buildRoute("web", "prefix", "/", { protocol });
  fixture.apply({ hosts: [buildHost("a.test", [route])], endpoints: { "test-web-80": [endpoint] } });
  return fixture;
}

const cases = (["http", "https", "grpc", "grpcs"] as const).flatMap((protocol) =>
  ["::1", "127.0.0.1"].map((address) => [protocol, address] as const),
);

describe("an endpoint at localhost", () => {
  test.each(cases)("is reached over %s where it listens on %s only", async (protocol, address) => {
    const server = OPENERS[protocol]((_request, response) => void response.end("mine"));
    const port = await listenAt(address, server);
    const { proxy } = await proxyTo(`localhost:${port}`, protocol);
    const answer = await ask({ port: proxy.ports.http, host: "a.test" });
    expect([answer.status, answer.body]).toEqual([200, "mine"]);
  });

  test("at which nothing listens is a refused connection", async () => {
    const port = await listenAt("127.0.0.1", createHttp());
    const fixture = await proxyTo("localhost:1", "http");
    expect(port).toBeGreaterThan(0);
    const answer = await ask({ port: fixture.proxy.ports.http, host: "a.test" });
    const record = await fixture.record();
    expect([answer.status, record.errorCode, record.attempts[0]?.address]).toEqual([
      502,
      "connect-failed",
      "localhost:1",
    ]);
  });
});

describe("the first request", () => {
  const HELD = { startHoldMs: 60_000 };
  const HOST = buildHost("a.test", [{ ...buildRoute("web", "prefix", "/"), action: { kind: "not-found" } }]);

  async function opened(options: { readonly startHoldMs: number | null }): Promise<ProxyFixture> {
    const fixture = await ProxyFixture.open(null, options);
    onTestFinished(() => fixture[Symbol.asyncDispose]());
    return fixture;
  }

  test("waits for the first configuration, over TLS too", async () => {
    const fixture = await opened(HELD);
    const { http, https } = fixture.proxy.ports;
    const early = connect(http, "127.0.0.1");
    await once(early, "connect");
    early.write("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    const secure = ask({ port: https, host: "a.test", tls: true });
    const told = once(early, "data");
    await expect.poll(() => connectionsOf(fixture), PATIENT).toBe("waiting");
    fixture.apply({ hosts: [HOST] });
    expect(String((await told)[0])).toMatch(/^HTTP\/1\.1 404 /);
    expect((await secure).status).toBe(404);
    early.destroy();
  });

  test("is answered 503 when its time is over", async () => {
    const { proxy } = await opened({ startHoldMs: 1 });
    expect((await ask({ port: proxy.ports.http, host: "a.test" })).status).toBe(503);
  });

  test("is answered 503 at once where nobody is to wait", async () => {
    const { proxy } = await opened({ startHoldMs: null });
    expect((await ask({ port: proxy.ports.http, host: "a.test" })).status).toBe(503);
  });

  test("is cut off when we stop before there was anything to serve", async () => {
    const fixture = await opened(HELD);
    const early = connect(fixture.proxy.ports.http, "127.0.0.1");
    const closed = once(early, "close");
    await once(early, "connect");
    await fixture.proxy.close();
    await closed;
    expect(fixture.finished).toEqual([]);
  });

  test("is answered, and the port freed, when we drain before there was anything to serve", async () => {
    const fixture = await opened(HELD);
    const answer = ask({ port: fixture.proxy.ports.http, host: "a.test" });
    const early = connect(fixture.proxy.ports.http, "127.0.0.1");
    await once(early, "connect");
    early.on("error", () => {}).destroy();
    await fixture.proxy.drain(5_000);
    expect((await answer).status).toBe(503);
  });
});

/** Nothing of a connection that waits is read. */
function connectionsOf({ finished, proxy }: ProxyFixture): string {
  return finished.length === 0 && proxy.openConnections === 0 ? "waiting" : "served";
}
