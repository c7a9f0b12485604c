import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import type { FakeRequest } from "../../support/servers/fake-stream.ts";
import { buildHost, buildRoute, type RouteParts } from "../../support/builders/route-builder.ts";
import type { DataPlaneSettings } from "../../../src/model/settings.ts";

let proxy: ExchangeHarness;
beforeEach(() => {
  proxy = new ExchangeHarness();
});
afterEach(() => proxy[Symbol.dispose]());

/** What the upstream receives, as `Name: value` lines. */
function forwarded(
  request: FakeRequest,
  rest: { settings?: Partial<DataPlaneSettings>; route?: RouteParts } = {},
): string[] {
  const host = buildHost("_", [buildRoute("x", "prefix", "/", rest.route)]);
  proxy.apply({ hosts: [host], settings: rest.settings ?? {} });
  proxy.send({ headers: [["X-Request-ID", "id-1"]], ...request });
  return Array.from(proxy.upstream.request.head.headers, ([name, value]) => `${name}: ${value}`);
}

const FRESH = [
  "X-Request-ID: id-1",
  "X-Forwarded-Host: shop.example",
  "X-Real-IP: 192.0.2.7",
  "X-Forwarded-For: 192.0.2.7",
  "X-Forwarded-Port: 80",
  "X-Forwarded-Proto: http",
  "X-Forwarded-Scheme: http",
  "X-Scheme: http",
];

describe("fields sent upstream", () => {
  test("the whole table of an ordinary request", () => {
    const headers = [
      ["User-Agent", "curl"],
      ["Accept", "*/*"],
      ["X-Request-ID", "id-1"],
      ["Cookie", "a=1"],
    ] as const;
    expect(forwarded({ headers })).toEqual([
      "Host: shop.example",
      "User-Agent: curl",
      "Accept: */*",
      "Cookie: a=1",
      ...FRESH,
    ]);
  });

  test("over TLS, with a port in the Host header", () => {
    expect(forwarded({ tls: true, authority: "Shop.example:8443" })).toEqual([
      "Host: Shop.example:8443",
      "X-Request-ID: id-1",
      "X-Forwarded-Host: Shop.example:8443",
      "X-Real-IP: 192.0.2.7",
      "X-Forwarded-For: 192.0.2.7",
      "X-Forwarded-Port: 443",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Scheme: https",
      "X-Scheme: https",
    ]);
  });

  test("upstream-vhost changes Host only", () => {
    const lines = forwarded({}, { route: { host: "internal.example" } });
    expect(lines).toContain("Host: internal.example");
    expect(lines).toContain("X-Forwarded-Host: shop.example");
  });

  test("HD-06 a request without Host gets a synthetic one and no X-Forwarded-Host", () => {
    const lines = forwarded({ authority: "", httpVersion: "1.0" });
    expect(lines[0]).toBe("Host: localhost");
    expect(lines.some((line) => line.startsWith("X-Forwarded-Host"))).toBe(false);
  });

  test("X-Request-ID is made when the client sent none or an empty one, 32 hexadecimal digits", () => {
    proxy.nextRandom = () => 1 / 256;
    const lines = forwarded({ headers: [["X-Request-ID", ""]] });
    expect(lines).toContain(`X-Request-ID: ${"00000001".repeat(4)}`);
  });

  test("with generate-request-id off none is made", () => {
    const lines = forwarded({ headers: [] }, { settings: { generateRequestId: false } });
    expect(lines.some((line) => line.startsWith("X-Request-ID"))).toBe(false);
  });

  test("cookies that came in pieces leave as one field", () => {
    const lines = forwarded({
      headers: [
        ["cookie", "a=1"],
        ["accept", "*/*"],
        ["cookie", "b=2"],
      ],
    });
    expect(lines.filter((line) => line.startsWith("cookie"))).toEqual(["cookie: a=1; b=2"]);
  });

  test("repeated fields stay separate and in order", () => {
    const lines = forwarded({
      headers: [
        ["X-A", "1"],
        ["X-B", "2"],
        ["X-A", "3"],
        ["X-Request-ID", "id-1"],
      ],
    });
    expect(lines).toEqual(["Host: shop.example", "X-A: 1", "X-B: 2", "X-A: 3", ...FRESH]);
  });
});

describe("what clients cannot say", () => {
  const spoofed = [
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Scheme",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Anything",
    "X-Real-IP",
    "X-Scheme",
    "Forwarded",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Original-URI",
    "X-Original-Forwarded-For",
    "X-Original-Forwarded-Host",
    "ssl-client-verify",
    "SSL-Client-Subject-DN",
    "Proxy",
  ];

  test.each(spoofed)("HD-01, HD-12 %s is removed or overwritten", (name) => {
    expect(
      forwarded({
        headers: [
          [name, "forged"],
          ["X-Request-ID", "id-1"],
        ],
      }),
    ).toEqual(["Host: shop.example", ...FRESH]);
  });

  test.each([
    "X_Forwarded_Proto",
    "X.Forwarded.Proto",
    "x-forwarded_proto",
    "SSL_Client_Verify",
    "X.Real_IP",
    "Content_Length",
    "Transfer.Encoding",
  ])("HD-02 the spelling %s is removed too", (name) => {
    expect(
      forwarded({
        headers: [
          [name, "forged"],
          ["X-Request-ID", "id-1"],
        ],
      }),
    ).toEqual(["Host: shop.example", ...FRESH]);
  });

  test("X-Forwarded-For and X-Forwarded-Host live on under X-Original", () => {
    const headers = [
      ["X-Forwarded-For", "1.1.1.1"],
      ["X-Forwarded-For", "2.2.2.2"],
      ["X-Forwarded-Host", "h"],
    ] as const;
    const lines = forwarded({ headers: [...headers, ["X-Request-ID", "id-1"]] });
    expect(lines).toEqual([
      "Host: shop.example",
      ...FRESH.slice(0, 2),
      "X-Original-Forwarded-For: 1.1.1.1, 2.2.2.2",
      "X-Original-Forwarded-Host: h",
      ...FRESH.slice(2),
    ]);
  });

  test.each([
    "Connection",
    "Keep-Alive",
    "TE",
    "Trailer",
    "Proxy-Connection",
    "Proxy-Authorization",
    "Upgrade",
    "Expect",
    "HTTP2-Settings",
  ])("HD-05 %s stays on this hop", (name) => {
    expect(
      forwarded({
        headers: [
          [name, "close"],
          ["X-Request-ID", "id-1"],
        ],
      }),
    ).toEqual(["Host: shop.example", ...FRESH]);
  });

  test("HD-03 a field named by Connection is removed, but never one that protects somebody", () => {
    const headers = [
      ["Connection", "close, X-Secret, Authorization, Cookie, Host, X-Forwarded-For, X-Real-IP"],
      ["X-Secret", "1"],
      ["Authorization", "Basic x"],
      ["Cookie", "a=1"],
      ["X-Request-ID", "id-1"],
    ] as const;
    expect(forwarded({ headers })).toEqual(["Host: shop.example", "Authorization: Basic x", "Cookie: a=1", ...FRESH]);
  });
});

test.each(["shop.example:", "SHOP.example"])("Host: %s reaches the upstream without an empty port", (authority) => {
  const lines = forwarded({ authority });
  const plain = authority.replace(/:$/, "");
  expect(lines).toContain(`Host: ${plain}`);
  expect(lines).toContain(`X-Forwarded-Host: ${plain}`);
});

describe("whom to believe", () => {
  const chain = [
    ["X-Forwarded-For", "203.0.113.9, 10.0.0.5"],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Host", "public.example, inner.example"],
    ["X-Forwarded-Port", "8443"],
    ["X-Request-ID", "id-1"],
  ] as const;
  const proxies = { proxyRealIpCidrs: ["10.0.0.0/8", "192.0.2.0/24"] };

  test("use-forwarded-headers believes scheme, host and port of anybody and the address behind trusted proxies", () => {
    expect(forwarded({ headers: chain }, { settings: { useForwardedHeaders: true, ...proxies } })).toEqual([
      "Host: public.example",
      "X-Request-ID: id-1",
      "X-Forwarded-Host: public.example",
      "X-Original-Forwarded-For: 203.0.113.9, 10.0.0.5",
      "X-Original-Forwarded-Host: public.example, inner.example",
      "X-Real-IP: 203.0.113.9",
      "X-Forwarded-For: 203.0.113.9",
      "X-Forwarded-Port: 8443",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Scheme: https",
      "X-Scheme: https",
    ]);
  });

  test("compute-full-forwarded-for appends the peer to the chain", () => {
    const settings = { useForwardedHeaders: true, computeFullForwardedFor: true, ...proxies };
    expect(forwarded({ headers: chain }, { settings })).toContain("X-Forwarded-For: 203.0.113.9, 10.0.0.5, 192.0.2.7");
  });

  test("compute-full-forwarded-for means nothing without use-forwarded-headers", () => {
    const settings = { computeFullForwardedFor: true };
    expect(forwarded({ headers: chain }, { settings })).toContain("X-Forwarded-For: 192.0.2.7");
  });

  test("enable-real-ip changes the client address only", () => {
    const lines = forwarded({ headers: chain }, { settings: { enableRealIp: true, ...proxies } });
    expect(lines).toContain("X-Real-IP: 203.0.113.9");
    expect(lines).toContain("X-Forwarded-Proto: http");
    expect(lines).toContain("Host: shop.example");
    expect(proxy.upstream.request.head.headers.getAll("x-forwarded-for")).toEqual(["203.0.113.9"]);
  });

  test("another header may carry the address", () => {
    const settings = { enableRealIp: true, forwardedForHeader: "CF-Connecting-IP" };
    const lines = forwarded({ headers: [["CF-Connecting-IP", "203.0.113.9"]] }, { settings });
    expect(lines).toContain("X-Real-IP: 203.0.113.9");
    expect(lines).toContain("X-Original-Forwarded-For: 203.0.113.9");
  });

  test.each([
    ["X-Forwarded-Proto", "ftp"],
    ["X-Forwarded-Port", "99999"],
    ["X-Forwarded-Port", "80a"],
    ["X-Forwarded-Host", "a b"],
    ["X-Forwarded-Host", ""],
  ])("a %s of %j is treated as absent", (name, value) => {
    const lines = forwarded(
      {
        headers: [
          [name, value],
          ["X-Request-ID", "id-1"],
        ],
      },
      { settings: { useForwardedHeaders: true } },
    );
    const said = lines.filter((line) => !line.startsWith("X-Original-"));
    expect(said).toEqual(["Host: shop.example", ...FRESH]);
  });
});

describe("X-Forwarded-Prefix", () => {
  test("is sent only while a rewrite is active, with its captures", () => {
    const host = buildHost(
      "_",
      [buildRoute("x", "prefix", "/api/(.*)", { rewrite: { target: "/$1", forwardedPrefix: "/api/$1" } })],
      { regexMode: true },
    );
    proxy.apply({ hosts: [host] });
    proxy.send({ target: "/api/v1?q=1" });
    expect(proxy.upstream.request.head.target).toBe("/v1?q=1");
    expect(proxy.upstream.request.head.headers.get("x-forwarded-prefix")).toBe("/api/v1");
  });

  test("without a rewrite it is not sent", () => {
    const lines = forwarded({});
    expect(lines.some((line) => line.startsWith("X-Forwarded-Prefix"))).toBe(false);
  });
});
