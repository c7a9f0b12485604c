import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { UpstreamTable } from "../../../src/upstream/upstream.ts";
import type { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import { UpstreamHarness } from "../../support/servers/upstream-harness.ts";
import type { FakeServerStream } from "../../support/servers/fake-stream.ts";
import { buildDelta } from "../../support/builders/model-builder.ts";
import { buildAffinity, buildCanary } from "../../support/builders/filter-builder.ts";
import { buildHost, buildRoute, type RouteParts } from "../../support/builders/route-builder.ts";

const affinity = buildAffinity({ cookieName: "STICK" });
const canary = buildCanary("blue", { protocol: "https", header: { kind: "always-never", name: "X-Canary" } });
const always = [["X-Canary", "always"]] as const;

let harness: UpstreamHarness;
let upstreams: UpstreamTable;
let proxy: ExchangeHarness;
beforeEach(() => {
  harness = new UpstreamHarness();
  ({ upstreams, proxy } = harness);
});
afterEach(() => harness[Symbol.dispose]());

function apply(parts: RouteParts, endpoints: Record<string, string[]> = {}): void {
  const delta = buildDelta({
    hosts: [buildHost("_", [buildRoute("main", "prefix", "/app", parts)])],
    endpoints: { "test-main-80": ["192.0.2.1:80"], "test-blue-80": ["192.0.2.2:80"], ...endpoints },
  });
  upstreams.apply(delta);
  proxy.runtime.apply(delta);
}

/** The upstream that the last request went to. */
function chosen(): string {
  return proxy.upstream.requests.at(-1)?.plan.upstream.id ?? "";
}

/** The Set-Cookie fields of an answer to the last request. */
function cookiesOf(stream: FakeServerStream): string[] {
  const request = proxy.upstream.requests.at(-1);
  request?.handler.onHead(200, stream.headers, 0);
  request?.handler.onEnd(null);
  return stream.headers.getAll("set-cookie");
}

describe("main upstream or canary", () => {
  test("the canary's own rules decide, and its protocol is used", () => {
    apply({ canary });
    proxy.send({ target: "/app" });
    expect(chosen()).toBe("test-main-80");
    proxy.send({ target: "/app", headers: always });
    expect(chosen()).toBe("test-blue-80");
    expect(proxy.upstream.requests.at(-1)?.plan.protocol).toBe("https");
  });

  test("the log names both upstreams when the canary took the request", () => {
    apply({ canary });
    const stream = proxy.send({ target: "/app", headers: always });
    cookiesOf(stream);
    expect(proxy.record).toMatchObject({ upstream: "test-main-80", alternativeUpstream: "test-blue-80" });
  });

  test("a canary without endpoints takes nothing", () => {
    apply({ canary }, { "test-blue-80": [] });
    proxy.send({ target: "/app", headers: always });
    expect(chosen()).toBe("test-main-80");
  });

  test("a canary does not help a main upstream without endpoints", () => {
    apply({ canary }, { "test-main-80": [] });
    expect(proxy.send({ target: "/app", headers: always }).status).toBe(503);
  });
});

describe("affinity", () => {
  test("a client without the cookie gets one for the rule's path, a client with it keeps it", () => {
    apply({ affinity });
    const [cookie = ""] = cookiesOf(proxy.send({ target: "/app/x" }));
    expect(cookie).toMatch(/^STICK=[^;]+; Path=\/app; HttpOnly$/);
    const again = proxy.send({ target: "/app/x", headers: [["Cookie", cookie.split(";")[0] ?? ""]] });
    expect(cookiesOf(again)).toEqual([]);
  });

  test("a route of an Ingress without affinity follows the cookie but never sets it", () => {
    apply({ affinity: { ...affinity, setsCookie: false } });
    expect(cookiesOf(proxy.send({ target: "/app" }))).toEqual([]);
    expect(proxy.upstream.request.plan.stick).not.toBeNull();
  });

  test("the main upstream's cookie beats even an always header", () => {
    apply({ affinity, canary: { ...canary, affinity } });
    const [cookie = ""] = cookiesOf(proxy.send({ target: "/app" }));
    proxy.send({ target: "/app", headers: [...always, ["Cookie", cookie.split(";")[0] ?? ""]] });
    expect(chosen()).toBe("test-main-80");
  });

  test("the canary's cookie beats even a never header", () => {
    apply({ affinity, canary: { ...canary, affinity } });
    const [cookie = ""] = cookiesOf(proxy.send({ target: "/app", headers: always }));
    expect(chosen()).toBe("test-blue-80");
    proxy.send({
      target: "/app",
      headers: [
        ["X-Canary", "never"],
        ["Cookie", cookie.split(";")[0] ?? ""],
      ],
    });
    expect(chosen()).toBe("test-blue-80");
  });

  test("a legacy canary has no cookie of its own", () => {
    apply({ affinity, canary });
    expect(cookiesOf(proxy.send({ target: "/app", headers: always }))).toEqual([]);
  });
});
