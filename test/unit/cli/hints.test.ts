import { describe, expect, test } from "vitest";
import { type BannerFacts, formatBanner } from "../../../src/cli/banner.ts";
import { describeHints } from "../../../src/cli/hints.ts";
import { type PublicPlace, sampleRoutes } from "../../../src/cli/samples.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";
import { createPaint } from "../../../src/observability/observability.ts";
import { buildAffinity, buildCanary } from "../../support/builders/filter-builder.ts";
import { buildHost, buildRoute, type RouteParts } from "../../support/builders/route-builder.ts";

const PLACE = { address: "127.0.0.1", http: 8080, https: 8443 };

const CANARY = buildCanary("next");

const AFFINITY = buildAffinity({ cookieName: "CART" });

function hintsOf(...hosts: readonly VirtualHost[]): readonly string[] {
  return hintsAt(PLACE, ...hosts);
}

function hintsAt(place: PublicPlace, ...hosts: readonly VirtualHost[]): readonly string[] {
  return describeHints(sampleRoutes(hosts, place)).map(
    ({ title, command, answer }) => `${title}: ${command} → ${answer}`,
  );
}

function hostWith(parts: RouteParts, rest: Partial<VirtualHost> = {}): VirtualHost {
  return buildHost("shop.localhost", [buildRoute("web", "prefix", "/x", parts)], rest);
}

describe("the hints of dev mode", () => {
  test.each<[string, RouteParts, Partial<VirtualHost>, string]>([
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

function bannerOf(facts: Partial<BannerFacts>): string {
  const idsWithoutEndpoints = new Set<string>();
  const all = { version: "1.2.3", paths: ["k8s/"], hosts: [], idsWithoutEndpoints, place: PLACE, adminPort: 10254 };
  return formatBanner({ ...all, ...facts }, createPaint("off")).join("\n");
}

describe("the commands of dev mode stay on this machine", () => {
  const real = buildHost("shop.example.com", [buildRoute("web", "prefix", "/")]);
  const local = buildHost("shop.localhost", [buildRoute("web", "prefix", "/")]);

  test.each([
    ["127.0.0.1", "curl --resolve shop.example.com:8080:127.0.0.1 http://shop.example.com:8080/"],
    ["", "curl --resolve shop.example.com:8080:127.0.0.1 http://shop.example.com:8080/"],
    ["0.0.0.0", "curl --resolve shop.example.com:8080:127.0.0.1 http://shop.example.com:8080/"],
    ["::", "curl --resolve shop.example.com:8080:127.0.0.1 http://shop.example.com:8080/"],
    ["::1", "curl --resolve 'shop.example.com:8080:[::1]' http://shop.example.com:8080/"],
    ["10.0.0.7", "curl --resolve shop.example.com:8080:10.0.0.7 http://shop.example.com:8080/"],
    ["localhost", "curl --resolve 'shop.example.com:8080:127.0.0.1,[::1]' http://shop.example.com:8080/"],
  ])("listening on %j, a real host is asked by %s", (address, command) => {
    expect(hintsAt({ ...PLACE, address }, real)).toEqual([`path routing: ${command} → Service web`]);
  });

  test.each([
    ["::1", "curl http://shop.localhost:8080/", "curl 'http://[::1]:8080/'"],
    [
      "10.0.0.7",
      "curl --resolve shop.localhost:8080:10.0.0.7 http://shop.localhost:8080/",
      "curl http://10.0.0.7:8080/",
    ],
  ])("listening on %j, a name below .localhost and the default server are asked there", (address, named, bare) => {
    const catchAll = buildHost("_", [buildRoute("web", "prefix", "/")]);
    expect(hintsAt({ ...PLACE, address }, local, catchAll)).toEqual([
      `path routing: ${bare} → Service web`,
      `path routing: ${named} → Service web`,
    ]);
  });

  test("a wildcard host, and a redirect that somebody follows, stay here too", () => {
    const host = buildHost("*.example.com", [buildRoute("web", "prefix", "/")], { certificate: "test/cert" });
    expect(hintsOf(host)).toEqual([
      "TLS redirect: curl -i --resolve demo.example.com:8443:127.0.0.1 --resolve demo.example.com:8080:127.0.0.1 http://demo.example.com:8080/ → 308 to https://demo.example.com:8443/",
      "TLS: curl -k --resolve demo.example.com:8443:127.0.0.1 https://demo.example.com:8443/ → Service web, over HTTP/2",
    ]);
  });

  test("the banner names the second name of hosts that are not local, and only then", () => {
    expect(bannerOf({ hosts: [real, local] })).toContain("http://shop.example.com.localhost:8080");
    expect(bannerOf({ hosts: [buildHost("*.example.com", [])] })).toContain("http://demo.example.com.localhost:8080");
    expect(bannerOf({ hosts: [local] })).not.toContain("HOST.localhost");
  });

  test("the banner of a listener on ::1 has addresses that can be asked", () => {
    const text = bannerOf({ hosts: [local], place: { ...PLACE, address: "::1" } });
    expect(text).toContain("http     http://[::1]:8080\n");
    expect(text).toContain("metrics  http://[::1]:10254/metrics");
  });

  test("the banner of standard input promises to watch nothing", () => {
    const text = bannerOf({ paths: ["-"] });
    expect(text).toContain("serves standard input");
    expect(text).not.toContain("watched");
  });
});

describe("the banner", () => {
  test("tells addresses and hints, and prints no control characters of a manifest", () => {
    const host = buildHost("shop.localhost", [buildRoute("web", "prefix", "/\u001b[2J")]);
    const text = bannerOf({ hosts: [host] });
    expect(text).toContain("Headgate 1.2.3 serves k8s/");
    expect(text).toContain("http     http://127.0.0.1:8080\n");
    expect(text).toContain(String.raw`curl 'http://shop.localhost:8080/\x1b[2J'`);
    expect(text).toMatch(/^[\n\u0020-\u007e→]*$/);
  });

  test("promises no answer of a Service without endpoints", () => {
    const routes = [buildRoute("web", "prefix", "/x"), buildRoute("ghost", "prefix", "/y")];
    const idsWithoutEndpoints = new Set(["test-ghost-80"]);
    const hosts = [buildHost("shop.localhost", routes)];
    const text = bannerOf({ hosts, idsWithoutEndpoints });
    expect(text).toContain("→ Service web");
    expect(text).not.toContain("ghost");
  });
});
