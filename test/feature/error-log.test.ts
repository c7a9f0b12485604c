import { once } from "node:events";
import { createServer as createTlsServer } from "node:tls";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { revealSecret } from "../../src/lib/secret.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { ErrorLog, openJsonLogger } from "../../src/observability/observability.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerRaw, type Answer, RawBackend } from "../support/servers/raw-backend.ts";
import { get, RawClient } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute, type RouteParts } from "../support/builders/route-builder.ts";
import { testCa } from "../support/builders/test-certificates.ts";
import { connectTls } from "../support/clients/tls-handshake.ts";

type Line = Readonly<Record<string, unknown>>;

interface Setup {
  readonly fixture: ProxyFixture;
  /** The first line, waited for. */
  line(): Promise<Line>;
}

async function open(addresses: readonly string[], parts: RouteParts = {}): Promise<Setup> {
  const texts: string[] = [];
  const logger = openJsonLogger("info", { writeLine: (text) => texts.push(text) }, systemClock);
  const log = new ErrorLog(logger, systemClock);
  const retry = { ...DEFAULT_SETTINGS.translation.retry, tries: 1 };
  const route = buildRoute("web", "prefix", "/", { retry, ...parts });
  const delta = {
    hosts: [buildHost("a.test", [route])],
    endpoints: { "test-web-80": addresses },
    settings: { clientHeaderTimeoutMs: 200 },
  };
  const fixture = await ProxyFixture.open(delta, {
    observer: {
      onFinish: (exchange) => log.onFinish(exchange),
      onTurnedAway: (connection) => log.onTurnedAway(connection),
    },
  });
  onTestFinished(() => fixture[Symbol.asyncDispose]());
  return {
    fixture,
    line: async () => {
      await expect.poll(() => texts.length, { timeout: 10_000 }).toBeGreaterThan(0);
      return JSON.parse(texts[0] ?? "{}") as Line;
    },
  };
}

async function backendThat(answer: Answer): Promise<string> {
  const backend = await RawBackend.open(answer);
  onTestFinished(() => backend.close());
  return backend.address;
}

async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `127.0.0.1:${port}`;
}

async function tlsEndpoint(): Promise<string> {
  const { certPem, keyPem } = testCa().issue("endpoint.test");
  const server = createTlsServer({ cert: certPem, key: revealSecret(keyPem) }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const impatient = { timeouts: { ...DEFAULT_SETTINGS.translation.timeouts, readMs: 200 } };

describe("the error log names the cause", () => {
  test("of an endpoint where nobody listens, with errno and route", async () => {
    const endpoint = await closedAddress();
    const setup = await open([endpoint]);
    expect((await get(setup.fixture.http, "a.test", "/")).status).toBe(502);
    expect(await setup.line()).toMatchObject({
      level: "error",
      code: "connect-failed",
      msg: `nothing listens on ${endpoint}`,
      errno: "ECONNREFUSED",
      endpoint,
      route: "test/web",
      host: "a.test",
      client: "127.0.0.1",
      listener: "http",
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  test("of an endpoint that answers with a TLS alert", async () => {
    const endpoint = await backendThat(answerRaw("\u0015\u0003\u0001\u0000\u0002\u0002\u000a", "close"));
    const setup = await open([endpoint]);
    expect((await get(setup.fixture.http, "a.test", "/")).status).toBe(502);
    expect((await setup.line())["msg"]).toBe(`the endpoint ${endpoint} speaks TLS: set backend-protocol to HTTPS`);
  });

  test("of a TLS server that hangs up without a word", async () => {
    const endpoint = await tlsEndpoint();
    const setup = await open([endpoint]);
    await get(setup.fixture.http, "a.test", "/");
    expect((await setup.line())["msg"]).toMatch(/if it speaks TLS there, set backend-protocol to HTTPS$/);
  });

  test("of an endpoint that speaks no TLS though it should", async () => {
    const plain = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    }).listen(0, "127.0.0.1");
    await once(plain, "listening");
    onTestFinished(() => void plain.close());
    const address = `127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const setup = await open([address], { protocol: "https" });
    await get(setup.fixture.http, "a.test", "/");
    expect((await setup.line())["msg"]).toBe(
      `no TLS with ${address}: the endpoint speaks no TLS: set backend-protocol to HTTP`,
    );
  });

  test("of an endpoint that is silent, with the annotation that says how long", async () => {
    const endpoint = await backendThat(() => {});
    const setup = await open([endpoint], impatient);
    expect((await get(setup.fixture.http, "a.test", "/")).status).toBe(504);
    expect((await setup.line())["msg"]).toBe(`${endpoint} sent nothing for 200 ms: proxy-read-timeout sets the limit`);
  });

  test("of an answer that is no HTTP", async () => {
    const endpoint = await backendThat(answerRaw("SSH-2.0-OpenSSH\r\n\r\n", "close"));
    const setup = await open([endpoint]);
    await get(setup.fixture.http, "a.test", "/");
    expect((await setup.line())["msg"]).toMatch(/^the answer of \S+ is no HTTP that can be read: /);
  });

  test("of a request that is no HTTP, with what came of it", async () => {
    const setup = await open([]);
    using client = await RawClient.connect(setup.fixture.http);
    client.send("G<T /x?token=hunter2 HTTP/1.1\r\n\r\n");
    expect(await setup.line()).toMatchObject({ code: "bad-request-line", request: "G<T /x", status: 400 });
  });
});

describe("the error log tells of refused handshakes", () => {
  const options = { host: "127.0.0.1" };

  test("of clients that do not trust the certificate, and which it was", async () => {
    const setup = await open([]);
    const port = setup.fixture.proxy.ports.https;
    await connectTls({ ...options, port, servername: "w.test", rejectUnauthorized: true }).catch(() => {});
    expect(await setup.line()).toMatchObject({
      listener: "https",
      serverName: "w.test",
      msg: expect.stringMatching(/no certificate is for w\.test: it was shown a self-signed certificate$/),
    });
  });

  test.each([
    ["an old version", { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" }, "tls-version"],
    ["a cipher that is not served", { maxVersion: "TLSv1.2", ciphers: "AES128-SHA" }, "tls-no-cipher"],
    ["a protocol that is not served", { ALPNProtocols: ["foo"] }, "tls-no-protocol"],
  ] as const)("of %s", async (_name, wish, code) => {
    const setup = await open([]);
    const port = setup.fixture.proxy.ports.https;
    await connectTls({
      ...options,
      port,
      ...wish,
      ALPNProtocols: [...("ALPNProtocols" in wish ? wish.ALPNProtocols : [])],
    }).catch(() => {});
    expect((await setup.line())["code"]).toBe(code);
  });

  test("of what is neither TLS nor HTTP", async () => {
    const setup = await open([]);
    using client = await RawClient.connect({ port: setup.fixture.proxy.ports.https });
    client.send("\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007");
    expect((await setup.line())["code"]).toBe("tls-garbage");
  });

  test("of plain HTTP, with its request line", async () => {
    const setup = await open([]);
    using client = await RawClient.connect({ port: setup.fixture.proxy.ports.https });
    client.send("GET /x?token=hunter2 HTTP/1.1\r\nHost: a.test\r\n\r\n");
    expect(await setup.line()).toMatchObject({ code: "plain-http-on-https-port", request: "GET /x" });
  });

  test("but not of a health check that connects and says nothing", async () => {
    const setup = await open([]);
    const port = setup.fixture.proxy.ports.https;
    using silent = await RawClient.connect({ port });
    silent.socket.end();
    await silent.until(() => false);
    using client = await RawClient.connect({ port });
    client.send("GET / HTTP/1.1\r\n\r\n");
    expect((await setup.line())["code"]).toBe("plain-http-on-https-port");
  });
});

test("an HTTP/2 connection that is closed for a fault has a line", async () => {
  const setup = await open([]);
  using client = await RawClient.connect(setup.fixture.http);
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0001\u0000\u0000\u0000\u0000\u0001");
  expect(await setup.line()).toMatchObject({ code: "http2-protocol-error", listener: "http" });
});
