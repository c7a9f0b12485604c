import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { describe, expect, test } from "vitest";
import { PATIENT, ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

/** An HTTP/2 client that ends with its scope. */
class Session implements Disposable {
  readonly session: ClientHttp2Session;

  constructor(url: string, serverName: string | null) {
    this.session = connect(url, {
      rejectUnauthorized: false,
      ...(serverName === null ? {} : { servername: serverName }),
    });
    this.session.on("error", () => {});
  }

  static secure(fixture: ProxyFixture, host: string): Session {
    return new Session(`https://127.0.0.1:${fixture.proxy.ports.https}`, host);
  }

  open(path: string, more: Record<string, string | string[]> = {}, endStream = true): ClientHttp2Stream {
    const stream = this.session.request({ ":path": path, ":authority": "shop.example", ...more }, { endStream });
    stream.on("error", () => {});
    return stream;
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}

async function read(stream: ClientHttp2Stream): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
  let body = "";
  for await (const chunk of stream) body += String(chunk);
  return { headers, body };
}

test("PT-09 PT-12 raw bytes of a path are forwarded percent-encoded", async () => {
  await using backend = await RawBackend.open(answerText("ok"));
  await using fixture = await openFixture(backend);
  using client = Session.secure(fixture, "shop.example");
  const { headers } = await read(client.open('/a\\b"{|}^`<>\u00c3\u00a9?q=\u00e9{'));
  expect(headers[":status"]).toBe(200);
  expect(backend.requests[0]?.line).toBe("GET /a%5Cb%22%7B%7C%7D%5E%60%3C%3E%C3%A9?q=%E9%7B HTTP/1.1");
});

async function openFixture(backend: RawBackend): Promise<ProxyFixture> {
  return await ProxyFixture.open({
    hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/", { bodyLimitBytes: 10 })])],
    endpoints: { "test-x-80": [backend.address] },
  });
}

describe("HTTP/2 clients", () => {
  test("a request becomes HTTP/1.1, with the authority as Host and the cookies joined", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await openFixture(backend);
    using client = Session.secure(fixture, "shop.example");
    const cookie = ["a=1", "b=2"];
    const { headers, body } = await read(
      client.open("/p?q=1", { cookie, "x-forwarded-proto": "http", te: "trailers" }),
    );
    expect([headers[":status"], body]).toEqual([200, "ok"]);
    expect(headers["strict-transport-security"]).toBe("max-age=31536000; includeSubDomains");
    const [seen] = backend.requests;
    expect(seen?.line).toBe("GET /p?q=1 HTTP/1.1");
    expect(seen?.fields[0]).toBe("Host: shop.example");
    expect(seen?.fields).toContain("cookie: a=1; b=2");
    expect(seen?.fields.filter((field) => /proto|^te/i.test(field))).toEqual(["X-Forwarded-Proto: https"]);
    expect(await fixture.record()).toMatchObject({
      httpVersion: "2.0",
      client: { tls: { serverName: "shop.example" } },
      status: 200,
    });
  });

  test("HTTP/2 without TLS works with prior knowledge", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await openFixture(backend);
    using client = new Session(`http://127.0.0.1:${fixture.http.port}`, null);
    expect((await read(client.open("/"))).body).toBe("ok");
  });

  test("many streams at once each get their own answer", async () => {
    await using backend = await RawBackend.open((request, self) =>
      answerText(request.line.split(" ")[1] ?? "")(request, self),
    );
    await using fixture = await openFixture(backend);
    using client = Session.secure(fixture, "shop.example");
    const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
    const answers = await Promise.all(paths.map(async (path) => (await read(client.open(path))).body));
    expect(answers).toEqual(paths);
  });

  test("a body that grows above the limit is 413", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await openFixture(backend);
    using client = Session.secure(fixture, "shop.example");
    const stream = client.open("/", { ":method": "POST" }, false);
    stream.end("hello world");
    expect((await read(stream)).headers[":status"]).toBe(413);
    expect((await fixture.record()).errorCode).toBe("body-too-large");
  });

  test("a stream that the client resets aborts the backend's work and leaves the others alone", async () => {
    await using backend = await RawBackend.open((request, self) => {
      if (request.line.startsWith("GET /fast")) answerText("fast")(request, self);
    });
    await using fixture = await openFixture(backend);
    using client = Session.secure(fixture, "shop.example");
    const slow = client.open("/slow");
    await expect.poll(() => backend.requests.length, PATIENT).toBe(1);
    slow.close(constants.NGHTTP2_CANCEL);
    expect(await fixture.record()).toMatchObject({ status: 499, target: "/slow" });
    expect((await read(client.open("/fast"))).body).toBe("fast");
  });

  test("BE-05 a backend that breaks off resets the stream, never ends it", async () => {
    await using backend = await RawBackend.open(({ socket }) => {
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    });
    await using fixture = await openFixture(backend);
    using client = Session.secure(fixture, "shop.example");
    await expect(read(client.open("/"))).rejects.toThrow(/NGHTTP2_INTERNAL_ERROR/);
    expect((await fixture.record()).errorCode).toBe("truncated");
  });

  test("draining lets running streams finish", async () => {
    await using backend = await RawBackend.open(({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
    });
    await using fixture = await openFixture(backend);
    using client = Session.secure(fixture, "shop.example");
    const stream = client.open("/");
    await once(stream, "response");
    const drained = fixture.proxy.drain(10_000);
    let body = "";
    stream.on("data", (chunk: Buffer) => (body += chunk.toString()));
    backend.requests[0]?.socket.write("56789");
    await once(stream, "end");
    expect(body).toBe("0123456789");
    await drained;
  });
});
