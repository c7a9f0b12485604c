import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Route } from "../../../src/model/route.ts";
import { HeaderList } from "../../../src/wire/wire.ts";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";

let proxy: ExchangeHarness;
beforeEach(() => {
  proxy = new ExchangeHarness();
});
afterEach(() => proxy[Symbol.dispose]());

const root = buildRoute("root", "prefix", "/");
const always = { whenCertificate: true, always: true, preserveTrailingSlash: false };

function notFoundRoute(id: string): Route {
  return { ...buildRoute(id, "prefix", "/", { implicit: true }), action: { kind: "not-found" } };
}

describe("finding the route", () => {
  test("before the first configuration everything answers 503, never 404", () => {
    expect(proxy.send().status).toBe(503);
    expect(proxy.send({ target: "/healthz" }).status).toBe(503);
    expect(proxy.finished.map((one) => one.errorCode)).toEqual(["not-ready", "not-ready"]);
  });

  test("a host that nobody serves gets the default server", () => {
    proxy.apply({ hosts: [buildHost("_", [root])] });
    proxy.send({ authority: "unknown.example" });
    expect(proxy.upstream.request.head.target).toBe("/");
  });

  test("without a default server the built-in page says 404 Not Found", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [root])] });
    const stream = proxy.send({ authority: "other.example" });
    expect(stream.status).toBe(404);
    expect(stream.body).toContain("<h1>404 Not Found</h1>");
    expect(proxy.record).toMatchObject({ errorCode: "no-route", virtualHost: null, route: null });
  });

  test("a path that matches nothing on a host is not looked up elsewhere", () => {
    const exact = buildRoute("exact", "exact", "/only");
    proxy.apply({ hosts: [buildHost("shop.example", [exact, notFoundRoute("none")]), buildHost("_", [root])] });
    expect(proxy.send({ target: "/else" }).status).toBe(404);
    expect(proxy.record.virtualHost?.isDefault).toBe(false);
  });

  test.each(["shop.example:8080", "SHOP.example", "shop.example."])(
    "the authority %s is the host shop.example",
    (authority) => {
      proxy.apply({ hosts: [buildHost("shop.example", [root])] });
      proxy.send({ authority });
      expect(proxy.upstream.requests).toHaveLength(1);
    },
  );

  test("a target that the router refuses never reaches an upstream", () => {
    proxy.apply({ hosts: [buildHost("_", [root])] });
    expect(proxy.send({ target: "/a%00b" }).status).toBe(400);
    expect(proxy.send({ target: `/${"a".repeat(9000)}` }).status).toBe(414);
    expect(proxy.upstream.requests).toHaveLength(0);
  });

  test("OPTIONS * is answered by the proxy itself", () => {
    proxy.apply({ hosts: [buildHost("_", [root])] });
    expect(proxy.send({ method: "OPTIONS", target: "*" }).status).toBe(200);
    expect(proxy.upstream.requests).toHaveLength(0);
  });
});

describe("the health check on the public ports", () => {
  test.each(["/healthz", "/healthzfoo", "/healthz?x=1"])("%s of an unknown host is 200", (target) => {
    proxy.apply({ hosts: [buildHost("_", [root])] });
    expect(proxy.send({ target }).status).toBe(200);
  });

  test("a served host has no health check of ours", () => {
    proxy.apply({ hosts: [buildHost("_", [root]), buildHost("shop.example", [root])] });
    proxy.send({ target: "/healthz" });
    expect(proxy.upstream.requests).toHaveLength(1);
  });

  test("a rule of the default server for the very path wins, its longer neighbours do not", () => {
    proxy.apply({ hosts: [buildHost("_", [root, buildRoute("own", "prefix", "/healthz")])] });
    proxy.send({ target: "/healthz" });
    expect(proxy.upstream.requests).toHaveLength(1);
    expect(proxy.send({ target: "/healthzfoo" }).status).toBe(200);
  });

  test("regexes of the default server win", () => {
    proxy.apply({ hosts: [buildHost("_", [root], { regexMode: true })] });
    proxy.send({ target: "/healthz" });
    expect(proxy.upstream.requests).toHaveLength(1);
  });
});

describe("app-root", () => {
  const appRoot = { path: "/app", source: { kind: "Ingress", namespace: "test", name: "root" } };

  test("/ goes to the root of the application with the connection's scheme and the Host as sent", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [root], { filters: { appRoot }, certificate: "default" })] });
    const stream = proxy.send({ authority: "Shop.example:8080", target: "/?x=1" });
    expect(stream.status).toBe(302);
    expect(stream.headers.get("location")).toBe("http://Shop.example:8080/app");
  });

  test("other paths are routed", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [root], { filters: { appRoot } })] });
    proxy.send({ target: "/x" });
    expect(proxy.upstream.requests).toHaveLength(1);
  });

  test("it carries no HSTS, since no location was looked up", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [root], { filters: { appRoot } })] });
    expect(proxy.send({ tls: true }).headers.get("strict-transport-security")).toBeUndefined();
  });
});

describe("the trailing-slash redirect", () => {
  const slashed = [buildRoute("slashed", "prefix", "/foo/"), notFoundRoute("none")];

  test("301 with the host without port and the query", () => {
    proxy.apply({ hosts: [buildHost("shop.example", slashed)] });
    const stream = proxy.send({ authority: "shop.example:8080", target: "/foo?a=1" });
    expect(stream.status).toBe(301);
    expect(stream.headers.get("location")).toBe("http://shop.example/foo/?a=1");
  });

  test("relative-redirects keeps the Location relative", () => {
    proxy.apply({ hosts: [buildHost("shop.example", slashed)], settings: { relativeRedirects: true } });
    expect(proxy.send({ target: "/foo?a=1" }).headers.get("location")).toBe("/foo/?a=1");
  });

  test("a request without Host gets a relative Location", () => {
    proxy.apply({ hosts: [buildHost("_", slashed)] });
    expect(proxy.send({ authority: "", httpVersion: "1.0", target: "/foo" }).headers.get("location")).toBe("/foo/");
  });

  test("it comes before the TLS redirect", () => {
    const routes = [buildRoute("slashed", "prefix", "/foo/", { tlsRedirect: always }), notFoundRoute("none")];
    proxy.apply({ hosts: [buildHost("shop.example", routes)] });
    expect(proxy.send({ target: "/foo" }).status).toBe(301);
  });
});

describe("paths that could be read in two ways", () => {
  const admin = buildRoute("admin", "prefix", "/admin");
  const limits = {
    zone: "test/admin",
    requestsPerSecond: null,
    requestsPerMinute: null,
    connections: 5,
    allowlist: [],
  };

  test.each<[string, Route]>([
    ["closed", { ...admin, action: { kind: "closed", reason: "auth" } }],
    ["limited", { ...admin, filters: { ...admin.filters, limits } }],
  ])("PT-04 a reading that leads to a route that is %s is refused", (_, guarded) => {
    proxy.apply({ hosts: [buildHost("shop.example", [guarded, root])] });
    expect(proxy.send({ target: "/x/%252e%252e/admin" }).status).toBe(400);
    expect(proxy.record.errorCode).toBe("ambiguous-path");
  });

  test("a reading that leads to another application under the same policy passes", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [admin, root])] });
    proxy.send({ target: "/x/%252e%252e/admin" });
    expect(proxy.upstream.requests).toHaveLength(1);
  });
});

describe("the order of the route's own phases", () => {
  const big = { method: "POST", bodyLengthBytes: 2_000_000 };

  test("a closed route answers 503 whatever else applies", () => {
    const route: Route = {
      ...buildRoute("x", "prefix", "/", { tlsRedirect: always }),
      action: { kind: "closed", reason: "auth" },
    };
    proxy.apply({ hosts: [buildHost("shop.example", [route])] });
    expect(proxy.send(big).status).toBe(503);
    expect(proxy.record.errorCode).toBe("route-closed");
  });

  test("DS-08 a declared body above the limit is 413, before the TLS redirect", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/", { tlsRedirect: always })])] });
    const stream = proxy.send(big);
    expect(stream.status).toBe(413);
    expect(stream.body).toContain("<h1>413 Request Entity Too Large</h1>");
  });

  test("a limit of 0 lets every body pass", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/", { bodyLimitBytes: 0 })])] });
    proxy.send(big);
    expect(proxy.upstream.requests).toHaveLength(1);
  });

  test("the TLS redirect comes before the check for endpoints", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [root], { certificate: "default" })] });
    proxy.empty.add("test-root-80");
    expect(proxy.send().status).toBe(308);
  });

  test("the redirect applies to paths that would be 404", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [notFoundRoute("none")], { certificate: "default" })] });
    expect(proxy.send().status).toBe(308);
    expect(proxy.send({ tls: true }).status).toBe(404);
  });

  test("no endpoints: 503 with the text that scripts look for", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [root])] });
    proxy.empty.add("test-root-80");
    const stream = proxy.send();
    expect(stream.status).toBe(503);
    expect(stream.body).toContain("<h1>503 Service Temporarily Unavailable</h1>");
    expect(proxy.record).toMatchObject({ errorCode: "no-endpoints", upstream: "test-root-80", attempts: [] });
  });

  test("in development the 503 page names the cause and the way out", () => {
    using dev = new ExchangeHarness({ errorPages: "explained" });
    dev.apply({ hosts: [buildHost("shop.example", [root])] });
    dev.empty.add("test-root-80");
    const { body } = dev.send();
    expect(body).toContain("Service test/root:80: nobody is ready.");
    expect(body).toContain("--map test/root:80=3000");
  });

  test("in development the 404 page lists what is served, and only there", () => {
    const hosts = ["b.example", "*.w.example", "b.example.localhost", "_"].map((id) =>
      buildHost(id, [notFoundRoute("none")]),
    );
    using dev = new ExchangeHarness({ errorPages: "explained" });
    dev.apply({ hosts });
    const { body } = dev.send({ authority: "x.example" });
    expect(body).toContain("No Ingress has the host x.example.\n");
    expect(body).toContain("  http://any.w.example:80/\n  http://b.example.localhost:80/</pre>");
    proxy.apply({ hosts });
    expect(proxy.send({ authority: "x.example" }).body).not.toContain("b.example");
  });

  test("in development the 404 page of a known host lists its paths", () => {
    using dev = new ExchangeHarness({ errorPages: "explained" });
    dev.apply({ hosts: [buildHost("shop.example", [buildRoute("x", "exact", "/cart")])] });
    const { body } = dev.send({ target: "/nope/%3Cscript%3E" });
    expect(body).toContain(
      "No path of the host shop.example matches /nope/&lt;script&gt;.\nPaths of shop.example:\n  exact /cart",
    );
  });
});

describe("the TLS redirect", () => {
  function redirectOf(target: string, rest: { readonly preserve?: boolean } = {}): string | undefined {
    const tlsRedirect = { ...always, preserveTrailingSlash: rest.preserve ?? false };
    proxy.apply({ hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/", { tlsRedirect })])] });
    return proxy.send({ target, authority: "Shop.example:8080" }).headers.get("location");
  }

  test.each([
    ["/", "https://shop.example"],
    ["/a/b/", "https://shop.example/a/b"],
    ["/a?next=/b/", "https://shop.example/a?next=/b"],
    ["/a//", "https://shop.example/a/"],
    ["/a/../b%2Fc", "https://shop.example/a/../b%2Fc"],
    ["//evil.example/%2fx", "https://shop.example//evil.example/%2fx"],
  ])("%s goes to %s: host without port, raw target, one trailing slash less", (target, location) => {
    expect(redirectOf(target)).toBe(location);
  });

  test("preserve-trailing-slash keeps it", () => {
    expect(redirectOf("/a/", { preserve: true })).toBe("https://shop.example/a/");
  });

  test("without a certificate only force redirects", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [root])] });
    proxy.send();
    expect(proxy.upstream.requests).toHaveLength(1);
  });

  test("the code comes from the settings", () => {
    proxy.apply({
      hosts: [buildHost("shop.example", [root], { certificate: "default" })],
      settings: { httpRedirectCode: 301 },
    });
    expect(proxy.send().status).toBe(301);
  });

  test("a client's X-Forwarded-Proto means nothing by default", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [root], { certificate: "default" })] });
    expect(proxy.send({ headers: [["X-Forwarded-Proto", "https"]] }).status).toBe(308);
  });

  test("with use-forwarded-headers it decides, and the redirect goes to the first forwarded host", () => {
    proxy.apply({
      hosts: [buildHost("shop.example", [root], { certificate: "default" })],
      settings: { useForwardedHeaders: true },
    });
    proxy.send({ headers: [["X-Forwarded-Proto", "https"]] });
    expect(proxy.upstream.requests).toHaveLength(1);
    const headers = [["X-Forwarded-Host", "public.example:8443, shop.example"]] as const;
    expect(proxy.send({ target: "/a", headers }).headers.get("location")).toBe("https://public.example/a");
    const forged = [["X-Forwarded-Host", "evil example/"]] as const;
    expect(proxy.send({ target: "/a", headers: forged }).headers.get("location")).toBe("https://shop.example/a");
  });

  test("behind an offloader X-Forwarded-Proto http redirects even on a TLS connection", () => {
    proxy.apply({
      hosts: [buildHost("shop.example", [root], { certificate: "default" })],
      settings: { useForwardedHeaders: true },
    });
    expect(proxy.send({ tls: true, headers: [["X-Forwarded-Proto", "http"]] }).status).toBe(308);
  });

  test.each([
    ["ws", "http", false],
    ["wss", "https", true],
    ["WSS, http", "https", false],
    ["HTTP", "http", true],
    ["ftp", "http", false],
    ["", "http", false],
  ])("behind a proxy X-Forwarded-Proto: %s means %s", (said, scheme, tls) => {
    proxy.apply({
      hosts: [buildHost("shop.example", [buildRoute("root", "prefix", "/")])],
      settings: { useForwardedHeaders: true },
    });
    proxy.send({ tls, headers: [["X-Forwarded-Proto", said]] });
    const [asked] = proxy.upstream.requests;
    const names = ["x-forwarded-proto", "x-forwarded-scheme", "x-scheme"];
    for (const name of names) expect(asked?.head.headers.get(name)).toBe(scheme);
    asked?.handler.onHead(204, new HeaderList(), 0);
    asked?.handler.onEnd(null);
    expect(proxy.finished[0]?.publicScheme).toBe(scheme);
  });

  test.each([
    ["http", 308],
    ["HTTP", 308],
    ["http, wss", 308],
    ["ws", 200],
    ["wss", 200],
    ["ftp", 200],
    ["https", 200],
  ])("with X-Forwarded-Proto: %s a plain connection gets %i", (said, status) => {
    proxy.apply({
      hosts: [buildHost("shop.example", [root], { certificate: "default" })],
      settings: { useForwardedHeaders: true },
    });
    const stream = proxy.send({ headers: [["X-Forwarded-Proto", said]] });
    if (status === 308) expect(stream.status).toBe(308);
    else expect(proxy.upstream.requests).toHaveLength(1);
  });

  test("the Location has the bytes of the target, percent-encoded where they must be", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [root], { certificate: "default" })] });
    const location = proxy.send({ target: "/caf\xc3\xa9%2F\\?q=\xe9%" }).headers.get("location");
    expect(location).toBe("https://shop.example/caf%C3%A9%2F%5C?q=%E9%");
  });

  test("a request without Host cannot be redirected", () => {
    proxy.apply({ hosts: [buildHost("_", [buildRoute("x", "prefix", "/", { tlsRedirect: always })])] });
    expect(proxy.send({ authority: "", httpVersion: "1.0" }).status).toBe(400);
  });
});

describe("HSTS", () => {
  test("every answer of a location over TLS has it, with or without a certificate of its own", () => {
    proxy.apply({
      hosts: [
        buildHost("shop.example", [root, buildRoute("slash", "prefix", "/s/")]),
        buildHost("_", [notFoundRoute("none")]),
      ],
    });
    proxy.empty.add("test-root-80");
    for (const request of [{ target: "/s" }, { target: "/x" }, { authority: "unknown.example" }]) {
      const { headers } = proxy.send({ tls: true, ...request });
      expect(headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains");
    }
  });

  test("plain connections never get it, and it can be switched off", () => {
    proxy.apply({ hosts: [buildHost("shop.example", [notFoundRoute("none")])], settings: { hsts: null } });
    expect(proxy.send({ tls: true }).headers.has("strict-transport-security")).toBe(false);
    proxy.apply({ settings: { hsts: { maxAgeSeconds: 60, includeSubdomains: false, preload: true } } });
    expect(proxy.send().headers.has("strict-transport-security")).toBe(false);
    expect(proxy.send({ tls: true }).headers.get("strict-transport-security")).toBe("max-age=60; preload");
  });
});
