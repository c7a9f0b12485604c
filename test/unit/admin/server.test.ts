import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { createHealth, openAdmin, type AdminPages, type Health, type PageServer } from "../../../src/admin/admin.ts";
import { silentLogger } from "../../../src/lib/logger.ts";

let admin: PageServer | null = null;

afterEach(async () => {
  await admin?.close();
  admin = null;
});

async function open(pages: Partial<AdminPages> = {}): Promise<Health> {
  const health = pages.health ?? createHealth();
  const defaults: AdminPages = { health, healthCheckPath: "/healthz", metrics: scrape, devCaPem: null };
  admin = await openAdmin({ address: "127.0.0.1", port: 0, pages: { ...defaults, ...pages }, logger: silentLogger });
  return health;
}

function* scrape(): Generator<string> {
  for (let i = 0; i < 100; i++) yield `metric_${i} ${"1".repeat(10_000)}\n`;
}

function get(path: string, method = "GET", headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${admin?.port}${path}`, { method, headers, signal: AbortSignal.timeout(10_000) });
}

async function statusOf(path: string): Promise<number> {
  const response = await get(path);
  await response.arrayBuffer();
  return response.status;
}

describe("the admin server", () => {
  test("is live, but neither healthy nor ready before the first configuration", async () => {
    await open();
    expect(await statusOf("/livez")).toBe(200);
    expect(await statusOf("/healthz")).toBe(500);
    expect(await statusOf("/readyz")).toBe(503);
  });

  test("is healthy and ready once the first configuration is served", async () => {
    const health = await open();
    health.markReady();
    expect(await statusOf("/healthz")).toBe(200);
    expect(await statusOf("/readyz")).toBe(200);
  });

  test("fails health and readiness as soon as the shutdown begins, but stays live", async () => {
    const health = await open();
    health.markReady();
    health.markShuttingDown();
    expect(await statusOf("/healthz")).toBe(500);
    expect(await statusOf("/readyz")).toBe(503);
    expect(await statusOf("/livez")).toBe(200);
  });

  test("never becomes ready again once the shutdown began", async () => {
    const health = await open();
    health.markShuttingDown();
    health.markReady();
    expect(await statusOf("/readyz")).toBe(503);
  });

  test("also answers health on the path the flag names", async () => {
    const health = await open({ healthCheckPath: "/status" });
    health.markReady();
    expect(await statusOf("/status")).toBe(200);
    expect(await statusOf("/healthz")).toBe(200);
  });

  test("serves metrics as text format 0.0.4, whole, in pieces", async () => {
    await open();
    const response = await get("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect((await response.text()).split("\n")).toHaveLength(101);
  });

  test("serves metrics as OpenMetrics to a scraper that prefers it", async () => {
    await open({ metrics: (format) => [`${format}\n`] });
    const accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    const response = await get("/metrics", "GET", { accept });
    expect(response.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(response.headers.get("vary")).toBe("Accept, Accept-Encoding");
    expect(await response.text()).toBe("openmetrics\n");
  });

  test.each([
    ["gzip", "gzip"],
    ["deflate, GZIP;q=0.5", "gzip"],
    ["*", "gzip"],
    ["gzip;q=0", null],
    ["identity", null],
    ["gzip;q=0, *", null],
  ])("compresses metrics for who takes %s: %s", async (coding, expected) => {
    await open();
    const response = await get("/metrics", "GET", { "accept-encoding": coding });
    expect(response.headers.get("content-encoding")).toBe(expected);
    expect((await response.text()).split("\n")).toHaveLength(101);
  });

  test("answers HEAD without a body", async () => {
    await open();
    const response = await get("/metrics", "HEAD");
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  test("answers 404 to unknown paths and to the dev CA outside dev mode", async () => {
    await open();
    expect(await statusOf("/")).toBe(404);
    expect(await statusOf("/healthz/x")).toBe(404);
    expect(await statusOf("/dev/ca.pem")).toBe(404);
  });

  test("hands out the dev CA in dev mode", async () => {
    await open({ devCaPem: "-----BEGIN CERTIFICATE-----\n" });
    expect(await (await get("/dev/ca.pem")).text()).toBe("-----BEGIN CERTIFICATE-----\n");
  });

  test("refuses other methods", async () => {
    await open();
    const response = await get("/healthz", "POST");
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("ignores the query of a path", async () => {
    await open();
    expect(await statusOf("/livez?verbose=1")).toBe(200);
  });

  test("cuts off a scrape whose metrics fail, and goes on serving", async () => {
    await open({
      metrics: function* fail() {
        yield "one 1\n";
        throw new Error("boom");
      },
    });
    await expect(get("/metrics").then((response) => response.text())).rejects.toThrow();
    expect(await statusOf("/livez")).toBe(200);
  });

  test("closes a connection that does not speak HTTP, and goes on serving", async () => {
    await open();
    const socket = connect({ host: "127.0.0.1", port: admin?.port ?? 0 });
    socket.on("error", () => {});
    socket.end("\u0016\u0003\u0001\u0000 garbage\r\n\r\n");
    await text(socket).catch(() => "");
    expect(await statusOf("/livez")).toBe(200);
  });

  test("rejects when the port is taken", async () => {
    await open();
    const pages = { health: createHealth(), healthCheckPath: "/healthz", metrics: scrape, devCaPem: null };
    const second = openAdmin({ address: "127.0.0.1", port: admin?.port ?? 0, pages, logger: silentLogger });
    await expect(second).rejects.toThrow("EADDRINUSE");
  });

  test("closes while a client keeps its connection open", async () => {
    await open();
    await statusOf("/healthz");
    const idle = connect({ host: "127.0.0.1", port: admin?.port ?? 0 });
    idle.on("error", () => {});
    await new Promise<void>((resolve) => idle.once("connect", () => resolve()));
    await admin?.close();
    admin = null;
    idle.destroy();
  });
});
