import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LimitsFilter } from "../../../src/model/filters/limits.ts";
import type { WireError } from "../../../src/wire/wire.ts";
import { HeaderList } from "../../../src/wire/wire.ts";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import { type FakeServerStream, FakeTunnel } from "../../support/servers/fake-stream.ts";
import { buildCanary } from "../../support/builders/filter-builder.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";

let proxy: ExchangeHarness;
beforeEach(() => {
  proxy = new ExchangeHarness();
  proxy.apply({ hosts: [buildHost("shop.example", [buildRoute("root", "prefix", "/", { bodyLimitBytes: 10 })])] });
});
afterEach(() => proxy[Symbol.dispose]());

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const fields = (...pairs: [string, string][]): HeaderList => HeaderList.from(pairs);

function clientError(code: WireError["code"]): WireError {
  return { code, detail: "", requestSent: true, responseStarted: false };
}

function upload(lengthBytes: number): FakeServerStream {
  return proxy.send({ method: "POST", bodyLengthBytes: lengthBytes });
}

describe("a request and its answer", () => {
  test("the answer's head, body and end pass through, and the exchange finishes once", () => {
    const stream = proxy.send();
    const { handler } = proxy.upstream.request;
    stream.handler.onBodyEnd(null);
    handler.onHead(201, fields(["Content-Type", "text/plain"]), 5);
    handler.onBody(bytes("hello"));
    expect(proxy.finished).toEqual([]);
    handler.onEnd(null);
    expect([stream.status, stream.declaredLength, stream.body, stream.ended]).toEqual([201, 5, "hello", true]);
    expect(proxy.record).toMatchObject({ status: 201, errorCode: "", responseBodyBytes: 5, upstream: "test-root-80" });
    expect(proxy.core.log.running).toBe(0);
  });

  test("the record holds what the log needs", () => {
    proxy.send({
      target: "/a?b=1",
      headers: [
        ["User-Agent", "curl"],
        ["Referer", "r"],
        ["X-Request-ID", "id-1"],
      ],
    });
    const { handler } = proxy.upstream.request;
    proxy.nowMs += 40;
    handler.onHead(204, fields(), 0);
    handler.onEnd(null);
    expect(proxy.record).toMatchObject({
      method: "GET",
      host: "shop.example",
      virtualHost: { id: "shop.example", isDefault: false },
      target: "/a?b=1",
      httpVersion: "1.1",
      path: "/a",
      client: { tls: null },
      clientAddress: "192.0.2.7",
      requestId: "id-1",
      startedAtMs: 1_700_000_000_000,
      durationMs: 40,
      requestBytes: 100,
      responseBytes: 50,
      alternativeUpstream: "",
    });
    expect(proxy.record.requestHeaders.getAll("user-agent")).toEqual(["curl"]);
    expect(proxy.record.upstreamHeaders).not.toBeNull();
    expect(proxy.record.responseHeaders).not.toBeNull();
    expect(proxy.record.route?.id).toBe("root");
  });

  test("the body is asked for only once the request was handed to the upstream", () => {
    const stream = upload(5);
    expect(stream.calls).toEqual(["resumeBody"]);
    stream.handler.onBody(bytes("hello"));
    stream.handler.onBodyEnd(null);
    expect(proxy.upstream.request.body).toBe("hello");
    expect(proxy.upstream.request.calls).toEqual(["end"]);
  });

  test("a refused request's body is never asked for", () => {
    proxy.empty.add("test-root-80");
    expect(upload(5).calls).not.toContain("resumeBody");
  });

  test("informational answers pass before the head only", () => {
    const stream = proxy.send({ httpVersion: "2.0" });
    const { handler } = proxy.upstream.request;
    handler.onInformational(103, fields(["Link", "</a>"]));
    handler.onHead(200, fields(), 0);
    handler.onInformational(103, fields());
    expect(stream.informational).toEqual([103]);
  });

  test("BE-10 early hints are kept from HTTP/1.1 clients that may take them for the answer, other news is not", () => {
    const stream = proxy.send();
    const { handler } = proxy.upstream.request;
    handler.onInformational(103, fields(["Link", "</a>"]));
    handler.onInformational(102, fields());
    expect(stream.informational).toEqual([102]);
  });

  test("a rewrite and the raw target", () => {
    proxy.send({ target: "/a%2Fb//c?x=%20" });
    expect(proxy.upstream.request.head.target).toBe("/a%2Fb//c?x=%20");
  });
});

describe("what patterns may cost one request", () => {
  const long = `/${"abcdefghij".repeat(20)}${"klmnopqrst".repeat(600)}`;
  const evil = Array.from({ length: 50 }, (_, i) => `/.*[a-z]{900}x${i}$`);

  test.each([
    ["its path", evil.map((path, i) => buildRoute(`r${i}`, "prefix", path)), []],
    ["its rewrite", [buildRoute("r", "prefix", "/(.*[a-z]{900})*x|/(.*)", { rewrite: { target: "/$2" } })], []],
    [
      "a canary's header",
      [
        buildRoute("r", "prefix", "/", {
          canary: buildCanary("c", { header: { kind: "pattern", name: "X-Tenant", pattern: "(.*[a-z]{900})*x$" } }),
        }),
      ],
      [["X-Tenant", long]],
    ],
  ] as const)("is bounded: more than that for %s is answered 503 with its reason", (_name, routes, headers) => {
    proxy.apply({
      hosts: [buildHost("shop.example", [...routes, buildRoute("root", "prefix", "/")], { regexMode: true })],
    });
    const stream = proxy.send({ target: long, headers: [...headers] as [string, string][] });
    expect([stream.status, proxy.record.errorCode]).toEqual([503, "pattern-budget"]);
  });

  test("is enough for an ordinary request of the same host", () => {
    const routes = [...evil.map((path, i) => buildRoute(`r${i}`, "prefix", path)), buildRoute("root", "prefix", "/")];
    proxy.apply({ hosts: [buildHost("shop.example", routes, { regexMode: true })] });
    proxy.send({ target: "/shop/cart" });
    expect(proxy.upstream.request.head.target).toBe("/shop/cart");
  });
});

describe("backpressure", () => {
  test("a full client pauses the upstream's body, a drained one resumes it", () => {
    const stream = proxy.send();
    const { handler, calls } = proxy.upstream.request;
    handler.onHead(200, fields(), -1);
    stream.writable = false;
    handler.onBody(bytes("x"));
    expect(calls).toContain("pauseBody");
    stream.handler.onDrain();
    expect(calls).toContain("resumeBody");
  });

  test("a full upstream pauses the client's body, a drained one resumes it", () => {
    const stream = upload(-1);
    proxy.upstream.request.writable = false;
    stream.handler.onBody(bytes("x"));
    expect(stream.calls).toEqual(["resumeBody", "pauseBody"]);
    proxy.upstream.request.handler.onDrain();
    expect(stream.calls.at(-1)).toBe("resumeBody");
  });
});

describe("endings before their time", () => {
  test("DS-08 a body that grows above the limit is 413, the upstream is aborted and the connection closes", () => {
    const stream = upload(-1);
    stream.handler.onBody(bytes("123456"));
    stream.handler.onBody(bytes("78901"));
    expect(proxy.upstream.request.body).toBe("123456");
    expect(proxy.upstream.request.aborted).toBe(true);
    expect(stream.status).toBe(413);
    expect(stream.calls).toContain("closeAfterResponse");
    expect(proxy.record).toMatchObject({ status: 413, errorCode: "body-too-large" });
  });

  test.each(["/%00", "/../etc"])(
    "a target that means nothing, such as %s, is 400 and the connection closes",
    (target) => {
      const stream = proxy.send({ target });
      expect(stream.status).toBe(400);
      expect(stream.calls).toContain("closeAfterResponse");
    },
  );

  test("a path that no route serves leaves the connection open", () => {
    const stream = proxy.send({ authority: "nobody.example" });
    expect(stream.status).toBe(404);
    expect(stream.calls).not.toContain("closeAfterResponse");
  });

  test("after the head a body above the limit cuts the response", () => {
    const stream = upload(-1);
    proxy.upstream.request.handler.onHead(200, fields(), -1);
    stream.handler.onBody(bytes("12345678901"));
    expect(stream.aborted).toBe(true);
    expect(proxy.record).toMatchObject({ status: 200, errorCode: "body-too-large" });
  });

  test("a client that leaves before anything was decided is counted once, and nothing is asked for it", () => {
    const exchange = proxy.begin();
    exchange.onClose(clientError("closed"));
    exchange.start();
    expect(proxy.upstream.requests).toEqual([]);
    expect(proxy.record).toMatchObject({ status: 499, errorCode: "client-closed", upstream: "" });
    expect(proxy.core.log.running).toBe(0);
  });

  test("a client that leaves aborts the upstream in the same turn: 499", () => {
    const stream = proxy.send();
    stream.handler.onClose(clientError("closed"));
    expect(proxy.upstream.request.aborted).toBe(true);
    expect(proxy.record).toMatchObject({ status: 499, errorCode: "client-closed" });
  });

  test.each([
    ["malformed", 400, "client-malformed"],
    ["too-large", 400, "client-malformed"],
    ["read-timeout", 408, "client-timeout"],
    ["send-timeout", 499, "client-closed"],
    ["aborted", 499, "connection-cut"],
  ] as const)("a request body that ends with %s is recorded as %d", (code, status, errorCode) => {
    upload(-1).handler.onClose(clientError(code));
    expect(proxy.record).toMatchObject({ status, errorCode });
  });

  test("a client that leaves inside the response keeps the status it got", () => {
    const stream = proxy.send();
    proxy.upstream.request.handler.onHead(200, fields(), 10);
    stream.handler.onClose(clientError("closed"));
    expect(proxy.record).toMatchObject({ status: 200, errorCode: "client-closed" });
  });

  test.each([
    [502, "502 Bad Gateway"],
    [503, "503 Service Temporarily Unavailable"],
    [504, "504 Gateway Time-out"],
  ] as const)("an upstream failure of %d becomes our page", (status, text) => {
    const stream = proxy.send();
    proxy.upstream.request.handler.onFailure({ status, code: "reset", responseStarted: false });
    expect([stream.status, stream.ended]).toEqual([status, true]);
    expect(stream.body).toContain(`<h1>${text}</h1>`);
    expect(proxy.record).toMatchObject({ status, errorCode: "reset" });
  });

  test("a HEAD request gets no page, only its length", () => {
    const stream = proxy.send({ method: "HEAD" });
    proxy.upstream.request.handler.onFailure({ status: 502, code: "reset", responseStarted: false });
    expect(stream.body).toBe("");
    expect(stream.declaredLength).toBeGreaterThan(0);
  });

  test("BE-05 an upstream that breaks off after the head never looks complete", () => {
    const stream = proxy.send();
    const { handler } = proxy.upstream.request;
    handler.onHead(200, fields(), 10);
    handler.onBody(bytes("12345"));
    handler.onFailure({ status: 502, code: "truncated", responseStarted: true });
    expect([stream.aborted, stream.ended]).toEqual([true, false]);
    expect(proxy.record).toMatchObject({ status: 200, errorCode: "truncated", responseBodyBytes: 5 });
  });

  test("FR-22 an answer before the end of the request closes the connection afterwards", () => {
    const stream = upload(5);
    const { handler } = proxy.upstream.request;
    stream.handler.onBody(bytes("he"));
    handler.onHead(401, fields(), 0);
    handler.onEnd(null);
    expect(stream.calls.slice(-2)).toEqual(["closeAfterResponse", "end"]);
    stream.handler.onBody(bytes("llo"));
    stream.handler.onBodyEnd(null);
    expect(proxy.upstream.request.body).toBe("he");
    expect(proxy.record.status).toBe(401);
  });

  test("whatever comes after the end is ignored", () => {
    const stream = proxy.send();
    const { handler } = proxy.upstream.request;
    handler.onHead(200, fields(), 0);
    handler.onEnd(null);
    stream.handler.onClose(clientError("closed"));
    handler.onFailure({ status: 502, code: "reset", responseStarted: true });
    handler.onBody(bytes("x"));
    stream.handler.onDrain();
    handler.onDrain();
    expect(proxy.finished).toHaveLength(1);
    expect(stream.body).toBe("");
  });

  test("a fault of ours costs one request: 500", () => {
    using broken = new ExchangeHarness({
      sendRequest: () => {
        throw new Error("bug");
      },
    });
    broken.apply({ hosts: [buildHost("_", [buildRoute("root", "prefix", "/")])] });
    expect(broken.send().status).toBe(500);
    expect(broken.record.errorCode).toBe("internal");
  });
});

describe("fields sent to the client", () => {
  function answered(pairs: [string, string][], request: Parameters<ExchangeHarness["send"]>[0] = {}): string[] {
    const stream = proxy.send(request);
    proxy.upstream.request.handler.onHead(200, fields(...pairs), 0);
    return Array.from(stream.headers, ([name, value]) => `${name}: ${value}`);
  }

  test("the upstream's server, control and hop-by-hop fields go, the rest stays in order", () => {
    const pairs: [string, string][] = [
      ["Server", "nginx/1.2"],
      ["Date", "x"],
      ["X-Pad", "x"],
      ["X-Accel-Redirect", "/x"],
      ["X-Accel-Buffering", "no"],
      ["Connection", "Set-Cookie"],
      ["Keep-Alive", "x"],
      ["Content-Type", "text/plain"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ];
    expect(answered(pairs)).toEqual(["Content-Type: text/plain", "Set-Cookie: a=1", "Set-Cookie: b=2"]);
  });

  test("hide-headers removes more", () => {
    proxy.apply({ settings: { hideHeaders: ["X-Powered-By"] } });
    expect(
      answered([
        ["x-powered-by", "PHP"],
        ["Via", "x"],
      ]),
    ).toEqual(["Via: x"]);
  });

  test("over TLS our HSTS replaces the upstream's", () => {
    expect(answered([["strict-transport-security", "max-age=1"]], { tls: true })).toEqual([
      "Strict-Transport-Security: max-age=31536000; includeSubDomains",
    ]);
  });

  test("over plain connections the upstream's HSTS passes", () => {
    expect(answered([["Strict-Transport-Security", "max-age=1"]])).toEqual(["Strict-Transport-Security: max-age=1"]);
  });

  test("neither X-Request-ID nor Server is added", () => {
    expect(answered([], { headers: [["X-Request-ID", "id-1"]] })).toEqual([]);
  });

  test("FR-18 trailers that could be taken for head fields are dropped", () => {
    const stream = proxy.send();
    const { handler } = proxy.upstream.request;
    handler.onHead(200, fields(), -1);
    handler.onEnd(fields(["grpc-status", "0"], ["Content-Length", "5"], ["Set-Cookie", "a=1"]));
    expect(Array.from(stream.trailers ?? [])).toEqual([["grpc-status", "0"]]);
  });
});

describe("upgrades", () => {
  test("the tunnel belongs to the exchange until it closes, and its bytes are counted", () => {
    const stream = proxy.send({
      upgrade: "websocket",
      headers: [
        ["Upgrade", "websocket"],
        ["Connection", "Upgrade"],
      ],
    });
    const { handler, head } = proxy.upstream.request;
    expect(head.upgrade).toBe("websocket");
    const tunnel = new FakeTunnel();
    handler.onUpgrade("websocket", fields(["Sec-WebSocket-Accept", "x"]), tunnel);
    expect(stream.headers.get("sec-websocket-accept")).toBe("x");
    stream.tunnel?.handler.onData(bytes("ping"));
    tunnel.handler.onData(bytes("pong!"));
    expect([tunnel.received, stream.tunnel?.received]).toEqual(["ping", "pong!"]);
    expect(proxy.core.log.running).toBe(1);
    tunnel.destroy();
    stream.tunnel?.destroy();
    expect(proxy.core.log.running).toBe(0);
    expect(proxy.record).toMatchObject({ status: 101, requestBytes: 104, responseBodyBytes: 5, responseBytes: 55 });
  });
});

describe("limits", () => {
  const limits: LimitsFilter = {
    zone: "test/root",
    requestsPerSecond: null,
    requestsPerMinute: null,
    connections: 1,
    allowlist: [],
  };

  function applyLimits(filter: Partial<LimitsFilter>): void {
    const route = buildRoute("root", "prefix", "/", { limits: { ...limits, ...filter } });
    proxy.apply({ hosts: [buildHost("shop.example", [route])], settings: { limitConnStatusCode: 429 } });
  }

  test("a place is held while the request is in flight and given back at its end", () => {
    applyLimits({});
    proxy.send();
    expect(proxy.send().status).toBe(429);
    expect(proxy.record.errorCode).toBe("connections-limited");
    proxy.upstream.request.handler.onFailure({ status: 502, code: "reset", responseStarted: false });
    proxy.send();
    expect(proxy.upstream.requests).toHaveLength(2);
  });

  test("a rate refuses with the configured status", () => {
    applyLimits({ connections: 0, requestsPerSecond: { rate: 1, burst: 0 } });
    proxy.send();
    expect(proxy.send().status).toBe(503);
    expect(proxy.record.errorCode).toBe("rate-limited");
  });

  test("another client has its own bucket", () => {
    applyLimits({});
    proxy.send();
    proxy.send({ remoteAddress: "192.0.2.8" });
    expect(proxy.upstream.requests).toHaveLength(2);
  });
});
