import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import type { RuntimeRoute } from "../../../src/proxy/request/context.ts";

let proxy: ExchangeHarness;
beforeEach(() => {
  proxy = new ExchangeHarness();
});
afterEach(() => proxy[Symbol.dispose]());

const always = { whenCertificate: true, always: true, preserveTrailingSlash: false };
/** Refuses every request, since it lets none be in flight. */
const limits = {
  zone: "test/limited",
  requestsPerSecond: { rate: 1, burst: 0 },
  requestsPerMinute: null,
  connections: 0,
  allowlist: [],
};

describe("the order of a request's filters", () => {
  const guarded = buildRoute("app", "prefix", "/", { limits, tlsRedirect: always, bodyLimitBytes: 8 });

  test("a body that is declared too large is refused before any redirect", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [guarded])] });
    expect(proxy.send({ method: "POST", bodyLengthBytes: 9 }).status).toBe(413);
    expect(proxy.send({ method: "POST", bodyLengthBytes: 8 }).status).toBe(308);
  });

  test("a redirect is had by clients that are over their limit, and costs none of it", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [guarded])] });
    for (let i = 0; i < 5; i++) expect(proxy.send().status).toBe(308);
    proxy.send({ tls: true });
    expect(proxy.upstream.requests).toHaveLength(1);
  });

  test("an upstream without endpoints answers before limits are counted", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [buildRoute("app", "prefix", "/", { limits })])] });
    proxy.empty.add("test-app-80");
    for (let i = 0; i < 5; i++) proxy.send();
    expect(proxy.finished.map(({ errorCode }) => errorCode)).toEqual(Array.from({ length: 5 }, () => "no-endpoints"));
    proxy.empty.clear();
    proxy.send();
    expect(proxy.upstream.requests).toHaveLength(1);
  });

  test("the root of the application comes before every filter of a route", () => {
    const filters = { appRoot: { path: "/app", source: { kind: "Ingress", namespace: "test", name: "root" } } };
    const closed = { ...guarded, action: { kind: "closed", reason: "test" } as const };
    proxy.apply({ hosts: [buildHost("shop.example", [closed], { filters })] });
    expect(proxy.send({ target: "/" }).status).toBe(302);
    expect(proxy.send({ target: "/x" }).status).toBe(503);
  });

  test("what closes a route is the only filter it has", () => {
    const closed = { ...guarded, action: { kind: "closed", reason: "test" } as const };
    proxy.apply({ hosts: [buildHost("shop.example", [closed])] });
    expect(proxy.send({ method: "POST", bodyLengthBytes: 9 }).status).toBe(503);
    expect(proxy.record.errorCode).toBe("route-closed");
  });
});

describe("compiled filters", () => {
  function routes(...paths: readonly (readonly [path: string, parts: Parameters<typeof buildRoute>[3]])[]) {
    const built = paths.map(([path, parts]) => structuredClone(buildRoute(path.slice(1), "exact", path, parts)));
    proxy.apply({ hosts: [buildHost("shop.example", built)] });
    const host = proxy.runtime.tables.ingress.find("shop.example");
    return paths.map(([path]) => {
      const match = host?.match(path);
      return match?.kind === "route" ? match.payload : null;
    }) as RuntimeRoute[];
  }

  test("are one object for all routes whose filters are equal", () => {
    const [a, b] = routes(["/a", { limits }], ["/b", { limits }]);
    expect(a?.hooks).toBe(b?.hooks);
    expect(a?.route.filters).toBe(b?.route.filters);
  });

  test("are another one where any value differs", () => {
    const [a, b] = routes(["/a", { limits }], ["/b", { limits: { ...limits, connections: 1 } }]);
    expect(a?.hooks).not.toBe(b?.hooks);
    expect(a?.hooks.policy).not.toBe(b?.hooks.policy);
  });

  test("are each route's own where they are made of its path", () => {
    const rewrite = { target: "/x$1" };
    const [a, b, c] = routes(["/a", { rewrite }], ["/b", { rewrite }], ["/c", {}]);
    expect(a?.hooks).not.toBe(b?.hooks);
    expect(c?.hooks.target).toBeNull();
  });

  test("have no list of hooks that none of them has", () => {
    const [a, b] = routes(["/a", {}], ["/b", { limits }]);
    expect(a?.hooks.finished).toHaveLength(0);
    expect(a?.hooks.finished).toBe(a?.hooks.wrap);
    expect(b?.hooks.finished).toHaveLength(1);
  });

  test("of a host that has none are none", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [buildRoute("a", "prefix", "/")])] });
    expect(proxy.runtime.tables.ingress.find("shop.example")?.hooks).toBeNull();
  });
});

describe("edits of headers", () => {
  const edits = {
    set: [["X-Set", "new"]],
    add: [["X-Add", "more"]],
    remove: ["x-removed"],
  } as const;

  test("a request's fields are set, added and removed in any case", () => {
    proxy.apply({ hosts: [buildHost("_", [buildRoute("x", "prefix", "/", { requestHeaders: edits })])] });
    proxy.send({
      headers: [
        ["x-set", "old"],
        ["X-SET", "older"],
        ["x-add", "first"],
        ["X-Removed", "gone"],
        ["X-Other", "stays"],
      ],
    });
    const { headers } = proxy.upstream.request.head;
    expect(headers.getAll("x-set")).toEqual(["new"]);
    expect(headers.getAll("x-add")).toEqual(["first", "more"]);
    expect(headers.has("x-removed")).toBe(false);
    expect(headers.get("x-other")).toBe("stays");
    expect(headers.get("x-real-ip")).toBe("192.0.2.7");
  });

  test("a response's fields are, and those of the proxy's own pages", () => {
    proxy.apply({ hosts: [buildHost("_", [buildRoute("x", "prefix", "/", { responseHeaders: edits })])] });
    const stream = proxy.send();
    proxy.upstream.request.handler.onFailure({ status: 502, code: "reset", responseStarted: false });
    expect(stream.status).toBe(502);
    expect(stream.headers.get("x-set")).toBe("new");
    expect(stream.headers.get("x-add")).toBe("more");
  });
});
