import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CorsFilter } from "../../src/model/filters/cors.ts";
import type { Route } from "../../src/model/route.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { type ClientResponse, request } from "../support/clients/raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerRaw, RawBackend } from "../support/servers/raw-backend.ts";

const ANY: CorsFilter = {
  origins: "any",
  credentials: true,
  methods: "GET, PUT",
  headers: "X-Session",
  exposedHeaders: null,
  maxAgeSeconds: 600,
};
const LISTED: CorsFilter = {
  ...ANY,
  origins: ["https://shop.example.com", "https://*.example.org:8443", "null"],
  credentials: false,
  exposedHeaders: "X-Total",
};

const OF_ANY = [
  "Access-Control-Allow-Origin: *",
  "Access-Control-Allow-Credentials: true",
  "Access-Control-Allow-Methods: GET, PUT",
  "Access-Control-Allow-Headers: X-Session",
  "Access-Control-Max-Age: 600",
];

function ofListed(origin: string): readonly string[] {
  return [
    `Access-Control-Allow-Origin: ${origin}`,
    "Access-Control-Allow-Methods: GET, PUT",
    "Access-Control-Allow-Headers: X-Session",
    "Access-Control-Expose-Headers: X-Total",
    "Access-Control-Max-Age: 600",
  ];
}

const OWN_WORD = [
  "Access-Control-Allow-Origin: https://backend.example",
  "Access-Control-Allow-Credentials: true",
  "access-control-max-age: 5",
];
const BACKEND = answerRaw(`HTTP/1.1 200 OK\r\nX-App: shop\r\n${OWN_WORD.join("\r\n")}\r\nContent-Length: 2\r\n\r\nok`);
const TLS_ALWAYS = { whenCertificate: false, always: true, preserveTrailingSlash: false };
const LIMITED = {
  zone: "test/x",
  requestsPerSecond: null,
  requestsPerMinute: { rate: 1, burst: 0 },
  connections: 0,
  allowlist: [],
};
const CLOSED: Route = {
  ...buildRoute("closed", "prefix", "/", { cors: ANY }),
  action: { kind: "closed", reason: "x" },
};

let backend: RawBackend;
let fixture: ProxyFixture;

beforeAll(async () => {
  backend = await RawBackend.open(BACKEND);
  fixture = await ProxyFixture.open({
    hosts: [
      buildHost("any.example", [buildRoute("x", "prefix", "/", { cors: ANY })]),
      buildHost("listed.example", [buildRoute("x", "prefix", "/", { cors: LISTED })]),
      buildHost("off.example", [buildRoute("x", "prefix", "/")]),
      buildHost("empty.example", [buildRoute("nobody", "prefix", "/", { cors: ANY })]),
      buildHost("secure.example", [buildRoute("x", "prefix", "/", { cors: ANY, tlsRedirect: TLS_ALWAYS })]),
      buildHost("small.example", [buildRoute("x", "prefix", "/", { cors: ANY, bodyLimitBytes: 4 })]),
      buildHost("limited.example", [buildRoute("x", "prefix", "/", { cors: ANY, limits: LIMITED })]),
      buildHost("closed.example", [CLOSED]),
    ],
    endpoints: { "test-x-80": [backend.address] },
  });
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

function ask(method: string, host: string, ...fields: readonly string[]): Promise<ClientResponse> {
  return request(fixture.http, [`${method} / HTTP/1.1`, `Host: ${host}`, ...fields]);
}

function corsFields({ fields }: ClientResponse): readonly string[] {
  return fields.filter((field) => /^access-control-/i.test(field));
}

describe("a preflight is answered by the proxy", () => {
  test.each([
    ["of any origin", "any.example", "https://a.example", OF_ANY],
    ["in `*` mode also without an Origin", "any.example", null, OF_ANY],
    ["of a listed origin", "listed.example", "https://shop.example.com", ofListed("https://shop.example.com")],
    [
      "in the spelling of the client",
      "listed.example",
      "HTTPS://Shop.Example.COM",
      ofListed("HTTPS://Shop.Example.COM"),
    ],
    [
      "for one label in the place of *",
      "listed.example",
      "https://a-1.example.org:8443",
      ofListed("https://a-1.example.org:8443"),
    ],
    ["of the origin null", "listed.example", "null", ofListed("null")],
    ["although the service has no endpoints", "empty.example", "https://a.example", OF_ANY],
    ["before the redirect to https", "secure.example", "https://a.example", OF_ANY],
  ])("%s", async (_name, host, origin, expected) => {
    const before = backend.requests.length;
    const response = await ask("OPTIONS", host, ...(origin === null ? [] : [`Origin: ${origin}`]));
    expect([response.status, response.body, response.fields]).toEqual([204, "", expected]);
    expect(response.field("content-length")).toBeUndefined();
    expect(backend.requests.length).toBe(before);
  });

  test("whether or not it asks for a method, as in ingress-nginx", async () => {
    const response = await ask(
      "OPTIONS",
      "any.example",
      "Origin: https://a.example",
      "Access-Control-Request-Method: PUT",
    );
    expect([response.status, corsFields(response)]).toEqual([204, OF_ANY]);
  });

  test("and counts for no limit", async () => {
    for (let i = 0; i < 5; i++) expect((await ask("OPTIONS", "limited.example")).status).toBe(204);
    expect((await ask("GET", "limited.example")).status).toBe(200);
    const refused = await ask("GET", "limited.example");
    expect([refused.status, corsFields(refused)]).toEqual([503, OF_ANY]);
  });
});

describe("an OPTIONS request of an origin that is not let in goes to the backend", () => {
  test.each([
    "https://evil.example",
    "http://shop.example.com",
    "https://shop.example.com:443",
    "https://shop.example.com.evil.example",
    "evilhttps://shop.example.com",
    "https://evil.example/https://shop.example.com",
    "https://example.org:8443",
    "https://a.b.example.org:8443",
    "https://*.example.org:8443",
    "https://.example.org:8443",
    "https://a.example.org",
    "https://shop.example.com, https://evil.example",
    `https://${"a".repeat(400)}.example.org:8443`,
  ])("%s", async (origin) => {
    const before = backend.requests.length;
    const response = await ask("OPTIONS", "listed.example", `Origin: ${origin}`);
    expect([response.status, response.body, corsFields(response)]).toEqual([200, "ok", OWN_WORD]);
    expect(backend.requests.length).toBe(before + 1);
  });

  test("one without an Origin, and one with two", async () => {
    expect(corsFields(await ask("OPTIONS", "listed.example"))).toEqual(OWN_WORD);
    const two = ["Origin: https://shop.example.com", "Origin: https://shop.example.com"];
    expect(corsFields(await ask("OPTIONS", "listed.example", ...two))).toEqual(OWN_WORD);
  });

  test("and so does every one on a route without CORS", async () => {
    const response = await ask("OPTIONS", "off.example", "Origin: https://a.example");
    expect([response.status, corsFields(response)]).toEqual([200, OWN_WORD]);
  });
});

describe("every answer to an origin that is let in has the headers", () => {
  test("in the place of the backend's own, and beside its others", async () => {
    const response = await ask("GET", "listed.example", "Origin: https://shop.example.com");
    expect([response.status, response.body]).toEqual([200, "ok"]);
    expect(response.fields).toEqual(["X-App: shop", ...ofListed("https://shop.example.com")]);
  });

  test.each([
    ["a page of the proxy without endpoints", "GET", "empty.example", 503],
    ["a redirect to https", "GET", "secure.example", 308],
  ])("%s", async (_name, method, host, status) => {
    const response = await ask(method, host, "Origin: https://a.example");
    expect([response.status, corsFields(response)]).toEqual([status, OF_ANY]);
  });

  test("a body that is too large", async () => {
    const response = await ask("POST", "small.example", "Origin: https://a.example", "Content-Length: 5");
    expect([response.status, corsFields(response)]).toEqual([413, OF_ANY]);
  });

  test("but a closed route says nothing, and answers no preflight", async () => {
    const response = await ask("OPTIONS", "closed.example", "Origin: https://a.example");
    expect([response.status, corsFields(response)]).toEqual([503, []]);
  });
});
