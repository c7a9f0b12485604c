import { describe, expect, test } from "vitest";
import type { ModelDelta } from "../../../src/model/model.ts";
import { Runtime } from "../../../src/proxy/runtime/runtime.ts";
import { HeaderList } from "../../../src/wire/wire.ts";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import { buildDelta } from "../../support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import { openOwnLimits } from "../../support/builders/own-limits.ts";

const limits = openOwnLimits(
  16,
  () => 0,
  () => 0.5,
);

const shop = buildHost("shop.example", [buildRoute("shop", "prefix", "/")]);
const blog = buildHost("blog.example", [buildRoute("blog", "prefix", "/")]);

describe("replacing the model", () => {
  test("only the hosts of a delta are compiled again", () => {
    const runtime = new Runtime([], { limits });
    runtime.apply(buildDelta({ hosts: [shop, blog] }));
    const before = runtime.tables.ingress.find("blog.example");
    runtime.apply(buildDelta({ hosts: [{ ...shop }] }));
    expect(runtime.tables.ingress.find("blog.example")).toBe(before);
  });

  test("a removed host is gone, the others stay", () => {
    const runtime = new Runtime([], { limits });
    runtime.apply(buildDelta({ hosts: [shop, blog] }));
    runtime.apply({ ...buildDelta({}), virtualHosts: new Map([["shop.example", null]]) });
    expect(runtime.tables.ingress.find("shop.example")).toBeUndefined();
    expect(runtime.tables.ingress.find("blog.example")).toBeDefined();
  });

  test("absent settings stay as they are", () => {
    const runtime = new Runtime([], { limits });
    runtime.apply(buildDelta({ settings: { hsts: null } }));
    runtime.apply(buildDelta({ hosts: [shop] }));
    expect(runtime.settings.hsts).toBeNull();
  });

  test("upstreams and certificates take the same delta in the same step", () => {
    const taken: ModelDelta[] = [];
    const runtime = new Runtime([{ apply: (delta) => void taken.push(delta) }], { limits });
    const delta = buildDelta({ hosts: [shop] });
    runtime.apply(delta);
    expect(taken).toEqual([delta]);
  });

  test("a fault in compiling one host leaves the old state whole", () => {
    const runtime = new Runtime([], { limits });
    runtime.apply(buildDelta({ hosts: [shop] }));
    const before = runtime.tables.ingress.find("shop.example");
    const broken = { ...blog, routes: [null as never] };
    const delta = {
      ...buildDelta({}),
      virtualHosts: new Map([
        ["shop.example", { ...shop }],
        ["blog.example", broken],
      ]),
    };
    expect(() => runtime.apply(delta)).toThrow(TypeError);
    expect(runtime.tables.ingress.find("shop.example")).toBe(before);
  });

  test("a running request keeps the route and settings it began with", () => {
    using proxy = new ExchangeHarness();
    proxy.apply({ hosts: [shop] });
    const stream = proxy.send({ tls: true });
    proxy.apply({ hosts: [buildHost("shop.example", [buildRoute("other", "prefix", "/")])], settings: { hsts: null } });
    proxy.upstream.request.handler.onHead(200, stream.headers, 0);
    proxy.upstream.request.handler.onEnd(null);
    expect(proxy.record.route?.id).toBe("shop");
    expect(stream.headers.has("strict-transport-security")).toBe(true);
  });

  test("a request that was read before a change and is decided about after it sees nothing of the old model", () => {
    using proxy = new ExchangeHarness();
    proxy.apply({ hosts: [shop] });
    const exchange = proxy.begin({ tls: true });
    proxy.apply({ hosts: [buildHost("shop.example", [buildRoute("other", "prefix", "/")])], settings: { hsts: null } });
    exchange.start();
    proxy.upstream.request.handler.onHead(200, new HeaderList(), 0);
    expect(exchange.context.route?.route.id).toBe("other");
    expect(exchange.responseHeaders?.getAll("strict-transport-security")).toEqual([]);
  });
});
