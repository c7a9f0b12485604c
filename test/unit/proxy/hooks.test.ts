import { afterEach, describe, expect, test } from "vitest";
import { hsts } from "../../../src/proxy/filters/hsts.ts";
import type { Filter } from "../../../src/proxy/request/context.ts";
import { collectHooks } from "../../../src/proxy/request/hooks.ts";
import { HeaderList } from "../../../src/wire/wire.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import { FakeTunnel } from "../../support/servers/fake-stream.ts";

const root = buildRoute("root", "prefix", "/");
const opened: ExchangeHarness[] = [];
afterEach(() => opened.splice(0).forEach((proxy) => proxy[Symbol.dispose]()));

function serve(...filters: readonly Filter[]): ExchangeHarness {
  const proxy = new ExchangeHarness({ hooks: collectHooks([hsts, ...filters]) });
  opened.push(proxy);
  proxy.apply({ hosts: [buildHost("shop.example", [root])] });
  return proxy;
}

/** Adds a field to everything. */
const marks: Filter = { editResponse: (_request, { headers }) => headers.append("X-Mark", "here") };
const NO_FIELDS = new HeaderList();

function fault(): never {
  throw new Error("a fault of a filter");
}

describe("lists of hooks", () => {
  test("hold each filter that has the method, in the order of the filters", () => {
    const decides: Filter = { decide: () => null };
    const both: Filter = { decide: () => null, finished: () => {} };
    const hooks = collectHooks([both, marks, decides]);
    expect(hooks.decide).toEqual([both, decides]);
    expect(hooks.finished).toEqual([both]);
    expect(hooks.editResponse).toEqual([marks]);
  });

  test("of a kind that no filter has are one empty list for all routes", () => {
    expect(collectHooks([marks]).finished).toBe(collectHooks([]).decide);
  });
});

describe("what a client is sent passes every hook of the response", () => {
  test("when an upstream answers", () => {
    const proxy = serve(marks);
    const stream = proxy.send();
    proxy.upstream.request.handler.onHead(200, HeaderList.from([["X-App", "shop"]]), 0);
    expect([...stream.headers]).toEqual([
      ["X-App", "shop"],
      ["X-Mark", "here"],
    ]);
  });

  test("and never reaches the head that the upstream sent, which logs show", () => {
    const proxy = serve(marks);
    proxy.send();
    const sent = HeaderList.from([["X-App", "shop"]]);
    proxy.upstream.request.handler.onHead(200, sent, 0);
    proxy.upstream.request.handler.onEnd(null);
    expect(sent.has("x-mark")).toBe(false);
    expect(proxy.record.responseHeaders?.getAll("x-mark")).toEqual(["here"]);
  });

  test.each([
    ["an upstream without endpoints", { target: "/" }, 503],
    ["a host that nobody serves", { authority: "nobody.example" }, 404],
    ["a target that cannot be read", { target: "/a%00b" }, 400],
    ["an answer of the proxy about itself", { method: "OPTIONS", target: "*" }, 200],
    ["a body that is too large", { method: "POST", bodyLengthBytes: 9 }, 413],
  ])("when the proxy answers: %s", (_case, request, status) => {
    const proxy = serve(marks);
    const limited = buildRoute("root", "prefix", "/", { bodyLimitBytes: 8 });
    proxy.apply({ hosts: [buildHost("shop.example", [limited])] });
    proxy.empty.add("test-root-80");
    const stream = proxy.send(request);
    expect(stream.status).toBe(status);
    expect(stream.headers.getAll("x-mark")).toEqual(["here"]);
  });

  test("when an upstream fails", () => {
    const proxy = serve(marks);
    const stream = proxy.send();
    proxy.upstream.request.handler.onFailure({ status: 502, code: "reset", responseStarted: false });
    expect(stream.status).toBe(502);
    expect(stream.headers.has("x-mark")).toBe(true);
  });

  test("when a connection is upgraded", () => {
    const proxy = serve(marks);
    const stream = proxy.send({ upgrade: "websocket" });
    proxy.upstream.request.handler.onUpgrade("websocket", NO_FIELDS, new FakeTunnel());
    expect(stream.status).toBe(101);
    expect(stream.headers.has("x-mark")).toBe(true);
  });

  test("over TLS, with Strict-Transport-Security once, in place of the upstream's", () => {
    const proxy = serve();
    const stream = proxy.send({ tls: true });
    proxy.upstream.request.handler.onHead(200, HeaderList.from([["strict-transport-security", "max-age=1"]]), 0);
    expect(stream.headers.getAll("strict-transport-security")).toEqual(["max-age=31536000; includeSubDomains"]);
  });
});

describe("a hook that throws costs its request only", () => {
  test("an upstream's answer that could not be edited is not sent: 500, with what the other hooks add", () => {
    const failsOnce: Filter = { editResponse: (_request, { origin }) => (origin === "upstream" ? fault() : undefined) };
    const proxy = serve(failsOnce, marks);
    const stream = proxy.send();
    proxy.upstream.request.handler.onHead(200, NO_FIELDS, 3);
    expect(stream.status).toBe(500);
    expect(stream.headers.getAll("x-mark")).toEqual(["here"]);
    expect(proxy.upstream.request.aborted).toBe(true);
    expect(stream.misuses).toEqual([]);
    expect(proxy.record).toMatchObject({ status: 500, errorCode: "internal" });
  });

  test("a page of the proxy's own is sent without what that hook adds", () => {
    const proxy = serve({ editResponse: fault }, marks);
    const stream = proxy.send({ authority: "nobody.example" });
    expect(stream.status).toBe(404);
    expect(stream.headers.getAll("x-mark")).toEqual(["here"]);
  });

  test("an upgrade that could not be edited is no upgrade", () => {
    const proxy = serve({ editResponse: fault });
    const stream = proxy.send({ upgrade: "websocket" });
    const tunnel = new FakeTunnel();
    proxy.upstream.request.handler.onUpgrade("websocket", NO_FIELDS, tunnel);
    expect(stream.status).toBe(500);
    expect(tunnel.destroyed).toBe(true);
    expect(stream.misuses).toEqual([]);
  });

  test("before a decision: 500, and no upstream is asked", () => {
    const proxy = serve({ editRequest: fault });
    expect(proxy.send().status).toBe(500);
    expect(proxy.upstream.requests).toHaveLength(0);
  });

  test("at the end: the other hooks and the log still learn of it", () => {
    const ended: string[] = [];
    const proxy = serve({ finished: fault }, { finished: (request) => void ended.push(request.request.target) });
    proxy.send({ authority: "nobody.example" });
    expect(ended).toEqual(["/"]);
    expect(proxy.finished).toHaveLength(1);
  });
});

describe("a hook of the request's head", () => {
  test("changes what the upstream receives", () => {
    const proxy = serve({ editRequest: (_request, headers) => headers.append("X-Team", "shop") });
    proxy.send();
    expect(proxy.upstream.request.head.headers.get("x-team")).toBe("shop");
  });
});
