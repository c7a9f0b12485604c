import { describe, expect, test } from "vitest";
import type { ErrorPagesFilter } from "../../src/model/filters/error-pages.ts";
import type { Filters } from "../../src/model/filters/filters.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { get, RawClient, request } from "../support/clients/raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { type Answer, answerText, RawBackend } from "../support/servers/raw-backend.ts";

const PAGES: ErrorPagesFilter = {
  statuses: [401, 404, 503],
  ofUpstreams: true,
  upstreams: ["test-errors-80"],
  standsIn: false,
};

/** Answers as images for error pages do: with the status that it is told. */
const errorBackend: Answer = ({ fields, line, socket }) => {
  const code = fields.find((field) => field.startsWith("X-Code: "))?.slice("X-Code: ".length) ?? "0";
  const body = line.startsWith("HEAD") ? "" : `page of ${code}`;
  socket.write(`HTTP/1.1 ${code} Error\r\nX-Page: yes\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
};

interface Cluster extends AsyncDisposable {
  readonly fixture: ProxyFixture;
  readonly shop: RawBackend;
  readonly errors: RawBackend;
}

async function open(shop: Answer, pages: Partial<ErrorPagesFilter> = {}, more: Filters = {}): Promise<Cluster> {
  const backend = await RawBackend.open(shop);
  const errors = await RawBackend.open(errorBackend);
  const route = buildRoute("shop", "prefix", "/");
  const filters = { ...route.filters, ...more, errorPages: { ...PAGES, ...pages } };
  const fixture = await ProxyFixture.open({
    hosts: [
      buildHost("shop.example", [{ ...route, filters }]),
      buildHost("other.example", [buildRoute("errors", "prefix", "/")]),
    ],
    endpoints: { "test-shop-80": [backend.address], "test-errors-80": [errors.address] },
  });
  return {
    fixture,
    shop: backend,
    errors,
    [Symbol.asyncDispose]: async () => {
      await fixture[Symbol.asyncDispose]();
      await backend.close();
      await errors.close();
    },
  };
}

function without(cluster: Cluster, ...upstreams: readonly string[]): void {
  const route = buildRoute("shop", "prefix", "/");
  const filters = { ...route.filters, errorPages: { ...PAGES, standsIn: true } };
  const all = { "test-shop-80": [cluster.shop.address], "test-errors-80": [cluster.errors.address] };
  const endpoints = Object.fromEntries(
    Object.entries(all).map(([id, addresses]) => [id, upstreams.includes(id) ? [] : addresses]),
  );
  cluster.fixture.apply({ hosts: [buildHost("shop.example", [{ ...route, filters }])], endpoints });
}

describe("an error that an endpoint answers", () => {
  test("is replaced by what the error backend answers, which learns what it is about", async () => {
    await using cluster = await open(answerText("not here", "404 Not Found", ["X-Secret: shop"]));
    const fields = [
      "Accept: text/html",
      "X-Code: 999",
      "X_Namespace: forged",
      "X-Original-URI: /forged",
      "Cookie: a=b",
    ];
    const response = await get(cluster.fixture.http, "shop.example", "/cart?a=%20b", fields);
    expect(response.status).toBe(404);
    expect(response.body).toBe("page of 404");
    expect(response.fields).toEqual(["X-Page: yes"]);
    const [asked] = cluster.errors.requests;
    expect(asked?.line).toBe("GET /?a=%20b HTTP/1.1");
    expect(asked?.fields.slice(0, 3)).toEqual(["Host: shop.example", "Accept: text/html", "Cookie: a=b"]);
    expect(asked?.fields).toEqual(
      expect.arrayContaining(["X-Code: 404", "X-Format: text/html", "X-Original-URI: /cart?a=%20b"]),
    );
    expect(asked?.fields.filter((field) => /forged|999/.test(field))).toEqual([]);
    expect(asked?.fields.some((field) => /^X-Request-ID: [0-9a-f]{32}$/.test(field))).toBe(true);
  });

  test("that is not listed is sent as it is", async () => {
    await using cluster = await open(answerText("no", "403 Forbidden"));
    expect(await get(cluster.fixture.http, "shop.example", "/")).toMatchObject({ status: 403, body: "no" });
    expect(cluster.errors.requests).toHaveLength(0);
  });

  test("stays where endpoints' errors are kept", async () => {
    await using cluster = await open(answerText("not here", "404 Not Found"), { ofUpstreams: false });
    expect((await get(cluster.fixture.http, "shop.example", "/")).body).toBe("not here");
  });

  test("keeps its challenge when it is a 401", async () => {
    const challenge = ['WWW-Authenticate: Basic realm="shop"'];
    await using cluster = await open(answerText("who?", "401 Unauthorized", challenge));
    const response = await get(cluster.fixture.http, "shop.example", "/");
    expect(response.body).toBe("page of 401");
    expect(response.field("www-authenticate")).toBe('Basic realm="shop"');
  });

  test("to HEAD is asked for by HEAD", async () => {
    const head: Answer = ({ socket }) => void socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n");
    await using cluster = await open(head);
    const response = await request(cluster.fixture.http, ["HEAD / HTTP/1.1", "Host: shop.example"]);
    expect(response.status).toBe(404);
    expect(cluster.errors.requests[0]?.line).toBe("HEAD / HTTP/1.1");
  });

  test("to a request with a body asks for its page without that body, and the connection serves the next request", async () => {
    await using cluster = await open(answerText("not here", "404 Not Found"));
    using client = await RawClient.connect(cluster.fixture.http);
    client.send("POST /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 4\r\n\r\nbody");
    expect((await client.response()).body).toBe("page of 404");
    client.send("GET /b HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    expect((await client.response()).body).toBe("page of 404");
    expect(cluster.errors.requests[0]?.line).toBe("POST / HTTP/1.1");
    expect(cluster.errors.requests[0]?.body).toBe("");
    expect(cluster.shop.connections).toBe(1);
  });

  test("is sent without a page by an error backend that cannot be reached: its status stays", async () => {
    await using cluster = await open(answerText("not here", "404 Not Found"));
    await cluster.errors.close();
    const response = await get(cluster.fixture.http, "shop.example", "/");
    expect(response.status).toBe(404);
    expect(response.body).toContain("404 Not Found");
    expect(await cluster.fixture.record()).toMatchObject({ status: 404, errorCode: "error-page-failed" });
  });

  test("is sent as it is where the error backend has no endpoints", async () => {
    await using cluster = await open(answerText("not here", "404 Not Found"));
    without(cluster, "test-errors-80");
    expect((await get(cluster.fixture.http, "shop.example", "/")).body).toBe("not here");
  });
});

describe("an error of the proxy's own", () => {
  test("is replaced as well: 503 where there are no endpoints", async () => {
    await using cluster = await open(answerText("ok"));
    without(cluster, "test-shop-80");
    const response = await get(cluster.fixture.http, "shop.example", "/cart");
    expect(response).toMatchObject({ status: 503, body: "page of 503" });
    expect(cluster.errors.requests[0]?.line).toBe("GET / HTTP/1.1");
    expect(await cluster.fixture.record()).toMatchObject({ status: 503, errorCode: "no-endpoints" });
  });

  test("before an upload was read: its page comes all the same, and nothing of the upload is taken for a request", async () => {
    await using cluster = await open(answerText("ok"));
    without(cluster, "test-shop-80");
    using client = await RawClient.connect(cluster.fixture.http);
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n";
    client.send(`POST /up HTTP/1.1\r\nHost: shop.example\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`);
    expect((await client.response()).body).toBe("page of 503");
    client.send("GET /next HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    await client.until((received) => received.includes("page of 503") || client.closed);
    expect(
      cluster.errors.requests.map(({ fields }) => fields.find((field) => field.startsWith("X-Original-URI"))),
    ).toEqual(expect.not.arrayContaining(["X-Original-URI: /smuggled"]));
    expect(cluster.errors.requests[0]?.body).toBe("");
  });

  test("that is not listed: the Ingress' own error backend stands in for one without endpoints, under the same path", async () => {
    await using cluster = await open(answerText("ok"), { statuses: [], standsIn: true });
    await cluster.shop.close();
    const route = buildRoute("shop", "prefix", "/");
    const filters = { ...route.filters, errorPages: { ...PAGES, statuses: [], standsIn: true } };
    cluster.fixture.apply({
      hosts: [buildHost("shop.example", [{ ...route, filters }])],
      endpoints: { "test-shop-80": [], "test-errors-80": [cluster.errors.address] },
    });
    const response = await get(cluster.fixture.http, "shop.example", "/cart?a=b");
    expect(response.status).toBe(503);
    expect(cluster.errors.requests[0]?.line).toBe("GET /cart?a=b HTTP/1.1");
    expect(cluster.errors.requests[0]?.fields).toContain("X-Code: 503");
    expect(cluster.errors.requests[0]?.fields.some((field) => field.startsWith("X-Original-URI"))).toBe(false);
  });
});
