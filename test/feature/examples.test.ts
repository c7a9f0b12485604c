import { readdirSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { GrpcClient } from "../support/servers/grpc.ts";
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { ask, type Answer, type Ask } from "../support/builders/http-request.ts";

// A whole process starts for each example; on a busy machine that takes seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const EXAMPLES = resolve(import.meta.dirname, "../../examples");

/** What an echo backend of `--demo` answers. */
interface Echo {
  readonly service: string;
  readonly endpoint: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

let dev: HeadgateProcess;

/** Starts `headgate dev --demo` on one example folder for the tests of a describe block. */
function serveExample(name: string): void {
  beforeAll(async () => {
    dev = await HeadgateProcess.dev(join(EXAMPLES, name), "--demo");
  });
  afterAll(async () => {
    await dev[Symbol.asyncDispose]();
  });
  test("has no problems", () => {
    expect(dev.output).not.toMatch(/^(warn|error) /m);
  });
}

type Request = Omit<Ask, "port">;

function call(request: Request): Promise<Answer> {
  return ask({ ...request, port: request.tls === true ? dev.ports.https : dev.ports.http });
}

async function echo(request: Request): Promise<Echo> {
  const answer = await call(request);
  expect(answer.status, answer.body).toBe(200);
  return JSON.parse(answer.body) as Echo;
}

async function serviceOf(request: Request): Promise<string> {
  return (await echo(request)).service.replace("default/", "");
}

async function statuses(count: number, request: Request): Promise<readonly number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push((await call(request)).status);
  return found;
}

test("every example folder has a test here", async () => {
  const source = await readFile(import.meta.filename, "utf8");
  const folders = readdirSync(EXAMPLES);
  expect(folders.length).toBeGreaterThanOrEqual(10);
  expect(folders.filter((folder) => !source.includes(`("${folder}"`))).toEqual([]);
});

describe("quickstart", () => {
  serveExample("quickstart");

  test.each([
    ["/", "storefront"],
    ["/anything", "storefront"],
    ["/images", "images"],
    ["/images/a.png", "images"],
  ])("shop.localhost%s is served by %s", async (path, service) => {
    expect(await serviceOf({ host: "shop.localhost", path })).toBe(service);
  });

  test("a header chooses the canary of /search", async () => {
    const request = { host: "shop.localhost", path: "/search" };
    expect(await serviceOf(request)).toBe("search");
    expect(await serviceOf({ ...request, headers: { "X-Beta": "always" } })).toBe("search-beta");
    expect(await serviceOf({ ...request, headers: { "X-Beta": "never" } })).toBe("search");
  });

  test("about a quarter of /checkout goes to the canary", async () => {
    const seen = await Promise.all(
      Array.from({ length: 200 }, () => serviceOf({ host: "shop.localhost", path: "/checkout" })),
    );
    const canary = seen.filter((service) => service === "checkout-v2").length;
    // 50 of 200 on average; beyond these bounds once in a few million runs.
    expect(canary).toBeGreaterThan(18);
    expect(canary).toBeLessThan(90);
    expect(new Set(seen)).toEqual(new Set(["checkout", "checkout-v2"]));
  });

  test("the cookie of /cart keeps a visitor at one endpoint", async () => {
    const request = { host: "shop.localhost", path: "/cart" };
    const first = await call(request);
    const [cookie = ""] = first.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^CART=[^;]+; Expires=|^CART=[^;]+; Max-Age=3600; Path=\/cart; HttpOnly$/);
    const headers = { Cookie: cookie.split(";")[0] ?? "" };
    const endpoints = new Set<string>();
    for (let i = 0; i < 10; i++) endpoints.add((await echo({ ...request, headers })).endpoint);
    expect(endpoints).toEqual(new Set([(JSON.parse(first.body) as Echo).endpoint]));
  });

  test("/login lets six requests through at once and refuses the next", async () => {
    const seen = await statuses(8, { host: "shop.localhost", path: "/login" });
    expect(seen.slice(0, 6)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(seen.slice(6)).toContain(503);
  });

  test("api.localhost redirects to https, and rewrites", async () => {
    const plain = await call({ host: "api.localhost", path: "/v1/users" });
    expect(plain.status).toBe(308);
    expect(plain.headers.location).toMatch(/^https:\/\/api\.localhost(:\d+)?\/v1\/users$/);
    const seen = await echo({ host: "api.localhost", path: "/v1/users?id=1", tls: true });
    expect([seen.service, seen.path]).toEqual(["default/users", "/users?id=1"]);
    expect(seen.headers["x-forwarded-proto"]).toBe("https");
  });

  test("unknown hosts and paths are 404", async () => {
    expect((await call({ host: "other.localhost" })).status).toBe(404);
    expect((await call({ host: "api.localhost", path: "/v2", tls: true })).status).toBe(404);
  });

  test("the banner shows a command for each feature", () => {
    const titles = [
      "path routing",
      "TLS redirect",
      "TLS",
      "rewrite",
      "header canary",
      "weighted canary",
      "sticky service",
      "rate limit",
    ];
    for (const title of titles) expect(dev.output).toMatch(new RegExp(`^ {2}${title} +(curl|for)`, "m"));
  });
});

describe("basic-routing", () => {
  serveExample("basic-routing");

  test.each([
    ["www.localhost", "/", "web"],
    ["www.localhost", "/docsfoo", "web"],
    ["www.localhost", "/docs", "docs"],
    ["www.localhost", "/docs/", "docs"],
    ["www.localhost", "/docs/status", "status"],
    ["www.localhost", "/docs/status/x", "docs"],
    ["WWW.localhost.", "/docs", "docs"],
    ["a.tenants.localhost", "/", "tenant"],
  ])("http://%s%s is served by %s", async (host, path, service) => {
    expect(await serviceOf({ host, path })).toBe(service);
  });

  test("a wildcard covers one label only", async () => {
    expect((await call({ host: "a.b.tenants.localhost" })).status).toBe(404);
    expect((await call({ host: "tenants.localhost" })).status).toBe(404);
  });
});

describe("default-backend", () => {
  serveExample("default-backend");

  test.each([
    ["site.localhost", "/app", "app"],
    ["site.localhost", "/other", "fallback"],
    ["unknown.localhost", "/", "lobby"],
  ])("http://%s%s is served by %s", async (host, path, service) => {
    expect(await serviceOf({ host, path })).toBe(service);
  });
});

describe("rewrite", () => {
  serveExample("rewrite");

  test("captures become the new path, and the prefix is told", async () => {
    const seen = await echo({ host: "rewrite.localhost", path: "/api/users?id=1" });
    expect([seen.path, seen.headers["x-forwarded-prefix"]]).toEqual(["/users?id=1", "/api"]);
  });

  test("an empty capture leaves the root", async () => {
    expect((await echo({ host: "rewrite.localhost", path: "/api" })).path).toBe("/");
  });

  test("the root of the console is sent to its start page", async () => {
    const answer = await call({ host: "console.localhost" });
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toMatch(/^http:\/\/console\.localhost(:\d+)?\/welcome$/);
    expect(await serviceOf({ host: "console.localhost", path: "/welcome" })).toBe("console");
  });
});

describe("tls", () => {
  serveExample("tls");

  test.each([
    ["secure.localhost", 308],
    ["both.localhost", 200],
    ["forced.localhost", 308],
  ])("http://%s answers %i", async (host, status) => {
    expect((await call({ host, path: "/x" })).status).toBe(status);
  });

  test.each(["secure.localhost", "both.localhost", "forced.localhost"])("https://%s is served", async (host) => {
    const answer = await call({ host, tls: true });
    expect(answer.status).toBe(200);
    expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000; includeSubDomains");
  });
});

describe("rate-limit", () => {
  serveExample("rate-limit");

  test("a limit by the second passes one and its burst at once", async () => {
    const seen = await statuses(5, { host: "limited.localhost", path: "/second" });
    expect(seen.slice(0, 3)).toEqual([200, 200, 200]);
    expect(seen).toContain(503);
  });

  test("a limit by the minute does so as well", async () => {
    expect(await statuses(4, { host: "limited.localhost", path: "/minute" })).toEqual([200, 200, 200, 503]);
  });

  test("addresses of the allowlist are not counted", async () => {
    expect(new Set(await statuses(10, { host: "limited.localhost", path: "/office" }))).toEqual(new Set([200]));
  });
});

describe("canary", () => {
  serveExample("canary");

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["/header", {}, "stable"],
    ["/header", { "X-Canary": "always" }, "next"],
    ["/header", { "X-Canary": "never" }, "stable"],
    ["/value", { "X-Region": "eu" }, "next"],
    ["/value", { "X-Region": "always" }, "stable"],
    ["/pattern", { "X-User": "beta-7" }, "next"],
    ["/pattern", { "X-User": "alpha-beta-" }, "stable"],
    ["/cookie", { Cookie: "a=b; canary=always" }, "next"],
    ["/cookie", { Cookie: "canary=never" }, "stable"],
  ])("%s with %j goes to %s", async (path, headers, service) => {
    expect(await serviceOf({ host: "canary.localhost", path, headers })).toBe(service);
  });

  test("half of /weight goes to the canary", async () => {
    const seen = await Promise.all(
      Array.from({ length: 100 }, () => serviceOf({ host: "canary.localhost", path: "/weight" })),
    );
    const share = seen.filter((service) => service === "next").length;
    expect(share).toBeGreaterThan(20);
    expect(share).toBeLessThan(80);
  });
});

describe("session-affinity", () => {
  serveExample("session-affinity");

  test("the balanced cookie has the attributes asked for", async () => {
    const answer = await call({ host: "sticky.localhost", path: "/balanced" });
    expect(answer.headers["set-cookie"]?.[0]).toMatch(
      /^route=[^;]+\|[0-9a-f]{32}; Expires=\w{3}, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT; Max-Age=3600; Path=\/balanced; HttpOnly; SameSite=Lax$/,
    );
  });

  test("the persistent cookie is secure and covers the whole site", async () => {
    const answer = await call({ host: "sticky.localhost", path: "/persistent" });
    expect(answer.headers["set-cookie"]?.[0]).toMatch(/^pin=[0-9a-f]{32}\|[0-9a-f]{32}; Path=\/; Secure; HttpOnly$/);
  });

  test.each(["/balanced", "/persistent"])(
    "a visitor of %s stays at one endpoint, and is given no second cookie",
    async (path) => {
      const first = await call({ host: "sticky.localhost", path });
      const Cookie = first.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
      for (let i = 0; i < 6; i++) {
        const next = await call({ host: "sticky.localhost", path, headers: { Cookie } });
        expect((JSON.parse(next.body) as Echo).endpoint).toBe((JSON.parse(first.body) as Echo).endpoint);
        expect(next.headers["set-cookie"]).toBeUndefined();
      }
    },
  );
});

describe("grpc", () => {
  serveExample("grpc");

  test("a stream of messages comes back, from the Service that the metadata names", async () => {
    using client = new GrpcClient(`http://127.0.0.1:${dev.ports.http}`);
    const call = client.call("/demo.Echo/Chat", { ":authority": "grpc.localhost" });
    expect(await call.send("one").received(1)).toEqual(["one"]);
    const outcome = await call.send("two").end().done;
    expect(outcome).toMatchObject({
      status: 0,
      messages: ["one", "two"],
      headers: { "x-demo-service": "default/echo" },
    });
  });

  test("a header sends a call to the canary", async () => {
    using client = new GrpcClient(`https://127.0.0.1:${dev.ports.https}`, "grpc.localhost");
    const metadata = { ":authority": "grpc.localhost", "x-canary": "always" };
    const outcome = await client.unary("/demo.Echo/Say", "hi", metadata);
    expect(outcome).toMatchObject({ status: 0, messages: ["hi"], headers: { "x-demo-service": "default/echo-next" } });
  });
});

describe("several-services", () => {
  serveExample("several-services");

  test.each([
    ["/", "frontend"],
    ["/assets/a.css", "assets"],
    ["/api", "api"],
    ["/api/payments/1", "payments"],
    ["/apiary", "frontend"],
  ])("mall.localhost%s is served by %s", async (path, service) => {
    expect(await serviceOf({ host: "mall.localhost", path })).toBe(service);
  });
});

describe("external-service", () => {
  test("the hand-written slice is used, with the address that it names", async () => {
    const backend = createServer((request, response) => response.end(`legacy sees ${request.url}`));
    await new Promise<void>((done) => backend.listen(0, "127.0.0.1", done));
    const address = backend.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const folder = await mkdtemp(join(tmpdir(), "headgate-external-"));
    try {
      await cp(join(EXAMPLES, "external-service"), folder, { recursive: true });
      const file = join(folder, "ingress.yaml");
      const text = await readFile(file, "utf8");
      expect(text).toContain("192.0.2.10");
      await writeFile(file, text.replace("192.0.2.10", "127.0.0.1").replace("port: 8080", `port: ${port}`));
      await using external = await HeadgateProcess.dev(folder, "--demo");
      const answer = await ask({ port: external.ports.http, host: "legacy.localhost", path: "/a" });
      expect(answer.body).toBe("legacy sees /a");
    } finally {
      backend.close();
      backend.closeAllConnections();
      await rm(folder, { recursive: true });
    }
  });
});
