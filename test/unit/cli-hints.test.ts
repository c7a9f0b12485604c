import { describe, expect, test } from "vitest";
import { formatBanner } from "../../src/cli/banner.ts";
import { describeHints } from "../../src/cli/hints.ts";
import { sampleRoutes } from "../../src/cli/samples.ts";
import type { Filters } from "../../src/model/filters.ts";
import type { VirtualHost } from "../../src/model/virtual-host.ts";
import { createPaint } from "../../src/observability/observability.ts";
import { buildAffinity, buildCanary } from "../support/filter-builder.ts";
import { buildHost, buildRoute } from "../support/route-builder.ts";

const PORTS = { http: 8080, https: 8443 };

const CANARY = buildCanary("next");

const AFFINITY = buildAffinity({ cookieName: "CART" });

function hintsOf(...hosts: readonly VirtualHost[]): readonly string[] {
  return describeHints(sampleRoutes(hosts, PORTS)).map(
    ({ title, command, answer }) => `${title}: ${command} → ${answer}`,
  );
}

function hostWith(filters: Partial<Filters>, rest: Partial<VirtualHost> = {}): VirtualHost {
  return buildHost("shop.localhost", [buildRoute("web", "prefix", "/x", filters)], rest);
}

describe("the hints of dev mode", () => {
  test.each<[string, Partial<Filters>, Partial<VirtualHost>, string]>([
    ["a plain path", {}, {}, "path routing: curl http://shop.localhost:8080/x → Service web"],
    [
      "a header canary",
      { canary: { ...CANARY, header: { kind: "always-never", name: "X-Beta" } } },
      {},
      "header canary: curl -H 'X-Beta: always' http://shop.localhost:8080/x → Service next",
    ],
    [
      "a header canary with a value",
      { canary: { ...CANARY, header: { kind: "value", name: "X-Region", value: "it's" } } },
      {},
      String.raw`header canary: curl -H 'X-Region: it'\''s' http://shop.localhost:8080/x → Service next`,
    ],
    [
      "a cookie canary",
      { canary: { ...CANARY, cookie: "beta" } },
      {},
      "cookie canary: curl -b beta=always http://shop.localhost:8080/x → Service next",
    ],
    [
      "a weighted canary",
      { canary: { ...CANARY, weight: 25 } },
      {},
      `weighted canary: for i in $(seq 100); do curl -s http://shop.localhost:8080/x | grep '"service"'; done | sort | uniq -c` +
        " → about 25 of 100 from Service next",
    ],
    [
      "a sticky service",
      { affinity: AFFINITY },
      {},
      `sticky service: for i in $(seq 5); do curl -s -c /tmp/headgate.jar -b /tmp/headgate.jar http://shop.localhost:8080/x | grep '"endpoint"'; done` +
        " → the same endpoint each time, by the cookie CART",
    ],
    [
      "a rate limit",
      {
        limits: {
          zone: "test/web",
          requestsPerSecond: { rate: 1, burst: 5 },
          requestsPerMinute: null,
          connections: 0,
          allowlist: [],
        },
      },
      {},
      "rate limit: for i in $(seq 10); do curl -s -o /dev/null -w '%{http_code} ' http://shop.localhost:8080/x; done; echo" +
        " → 200 for the first 6, then 503",
    ],
  ])("show %s by a command and its answer", (_name, filters, rest, hint) => {
    expect(hintsOf(hostWith(filters, rest))).toEqual([hint]);
  });

  test("use https, and show the redirect, where plain http is redirected", () => {
    expect(hintsOf(hostWith({}, { certificate: "test/cert" }))).toEqual([
      "TLS redirect: curl -i http://shop.localhost:8080/x → 308 to https://shop.localhost:8443/x",
      "TLS: curl -k https://shop.localhost:8443/x → Service web, over HTTP/2",
    ]);
  });

  test("find a path that a regex route serves, and tell what the rewrite makes of it", () => {
    const route = buildRoute("users", "prefix", "/v1(/|$)(.*)", { rewrite: { target: "/$2" } });
    expect(hintsOf(buildHost("api.localhost", [route], { regexMode: true }))).toEqual([
      "rewrite: curl http://api.localhost:8080/v1/hello → Service users sees /hello",
    ]);
  });

  test("leave out a regex route whose path cannot be guessed", () => {
    const route = buildRoute("users", "prefix", "/[0-9]{4}$");
    expect(hintsOf(buildHost("api.localhost", [route], { regexMode: true }))).toEqual([]);
  });

  test("show three plain routes at most", () => {
    const routes = ["/a", "/b", "/c", "/d"].map((path) => buildRoute(path.slice(1), "prefix", path));
    expect(hintsOf(buildHost("shop.localhost", routes))).toHaveLength(3);
  });

  test("call a wildcard host by a name it serves, and the default server by its address", () => {
    const route = buildRoute("web", "prefix", "/");
    expect(hintsOf(buildHost("*.tenants.localhost", [route]), buildHost("_", [route]))).toEqual([
      "path routing: curl http://demo.tenants.localhost:8080/ → Service web",
      "path routing: curl http://127.0.0.1:8080/ → Service web",
    ]);
  });
});

describe("the banner", () => {
  test("tells addresses and hints, and prints no control characters of a manifest", () => {
    const host = buildHost("shop.localhost", [buildRoute("web", "prefix", "/\u001b[2J")]);
    const ports = { ...PORTS, admin: 10254 };
    const idsWithoutEndpoints = new Set<string>();
    const facts = {
      version: "1.2.3",
      paths: ["k8s/"],
      hosts: [host],
      idsWithoutEndpoints,
      ports,
      address: "127.0.0.1",
    };
    const text = formatBanner(facts, createPaint("off")).join("\n");
    expect(text).toContain("Headgate 1.2.3 serves k8s/");
    expect(text).toContain("http     http://127.0.0.1:8080\n");
    expect(text).toContain(String.raw`curl 'http://shop.localhost:8080/\x1b[2J'`);
    expect(text).toMatch(/^[\n\u0020-\u007e→]*$/);
  });

  test("promises no answer of a Service without endpoints", () => {
    const routes = [buildRoute("web", "prefix", "/x"), buildRoute("ghost", "prefix", "/y")];
    const idsWithoutEndpoints = new Set(["test-ghost-80"]);
    const hosts = [buildHost("shop.localhost", routes)];
    const ports = { ...PORTS, admin: 10254 };
    const facts = { version: "1.2.3", paths: ["k8s/"], hosts, idsWithoutEndpoints, ports, address: "127.0.0.1" };
    const text = formatBanner(facts, createPaint("off")).join("\n");
    expect(text).toContain("→ Service web");
    expect(text).not.toContain("ghost");
  });
});
