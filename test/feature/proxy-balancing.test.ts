import { describe, expect, test } from "vitest";
import type { LimitsFilter } from "../../src/model/filters/limits.ts";
import { PATIENT, ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { get, RawClient, type Target } from "../support/clients/raw-client.ts";
import { buildAffinity, buildCanary } from "../support/builders/filter-builder.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

const canary = buildCanary("canary");
const affinity = buildAffinity({ cookieName: "STICK" });

/** How often each body came, over one keep-alive connection. */
async function count(target: Target, requests: number): Promise<Map<string, number>> {
  using client = await RawClient.connect(target);
  const bodies = new Map<string, number>();
  for (let i = 0; i < requests; i++) {
    client.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    const { body } = await client.response();
    bodies.set(body, (bodies.get(body) ?? 0) + 1);
  }
  return bodies;
}

describe("sharing requests out", () => {
  test("round robin is exact: 60 requests over three endpoints are 20 each", async () => {
    await using a = await RawBackend.open(answerText("a"));
    await using b = await RawBackend.open(answerText("b"));
    await using c = await RawBackend.open(answerText("c"));
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
      endpoints: { "test-x-80": [a.address, b.address, c.address] },
    });
    expect([...(await count(fixture.http, 60)).values()]).toEqual([20, 20, 20]);
  });

  test("a canary of weight 25 takes about a quarter of 400 requests", async () => {
    await using main = await RawBackend.open(answerText("main"));
    await using blue = await RawBackend.open(answerText("canary"));
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/", { canary: { ...canary, weight: 25 } })])],
      endpoints: { "test-x-80": [main.address], "test-canary-80": [blue.address] },
    });
    const taken = (await count(fixture.http, 400)).get("canary") ?? 0;
    expect(taken).toBeGreaterThan(75);
    expect(taken).toBeLessThan(125);
  });

  test("header and cookie send single requests to the canary", async () => {
    await using main = await RawBackend.open(answerText("main"));
    await using blue = await RawBackend.open(answerText("canary"));
    const rules = { header: { kind: "always-never", name: "X-Canary" }, cookie: "canary" } as const;
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/", { canary: { ...canary, ...rules } })])],
      endpoints: { "test-x-80": [main.address], "test-canary-80": [blue.address] },
    });
    expect((await get(fixture.http, "x.example", "/")).body).toBe("main");
    expect((await get(fixture.http, "x.example", "/", ["x-canary: always"])).body).toBe("canary");
    expect((await get(fixture.http, "x.example", "/", ["Cookie: canary=always"])).body).toBe("canary");
    expect(await fixture.record(2)).toMatchObject({ upstream: "test-x-80", alternativeUpstream: "test-canary-80" });
  });

  test("a session stays on its endpoint", async () => {
    await using a = await RawBackend.open(answerText("a"));
    await using b = await RawBackend.open(answerText("b"));
    await using c = await RawBackend.open(answerText("c"));
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/", { affinity })])],
      endpoints: { "test-x-80": [a.address, b.address, c.address] },
    });
    const first = await get(fixture.http, "x.example", "/");
    const cookie = first.field("set-cookie")?.split(";")[0] ?? "";
    expect(cookie).toMatch(/^STICK=/);
    for (let i = 0; i < 6; i++) {
      const next = await get(fixture.http, "x.example", "/", [`Cookie: ${cookie}`]);
      expect([next.body, next.field("set-cookie")]).toEqual([first.body, undefined]);
    }
  });
});

describe("limits", () => {
  const limits: LimitsFilter = {
    zone: "test/x",
    requestsPerSecond: null,
    requestsPerMinute: null,
    connections: 0,
    allowlist: [],
  };

  test("one request and its burst pass at once, the next is refused without reaching the backend", async () => {
    await using backend = await RawBackend.open();
    const filter = { ...limits, requestsPerMinute: { rate: 1, burst: 3 } };
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/", { limits: filter })])],
      endpoints: { "test-x-80": [backend.address] },
      settings: { limitReqStatusCode: 429 },
    });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await get(fixture.http, "x.example", "/")).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
    expect(backend.requests).toHaveLength(4);
  });

  test("requests in flight are limited, and a client that leaves gives its place back", async () => {
    await using backend = await RawBackend.open(() => {});
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("_", [buildRoute("x", "prefix", "/", { limits: { ...limits, connections: 1 } })])],
      endpoints: { "test-x-80": [backend.address] },
    });
    using holder = await RawClient.connect(fixture.http);
    holder.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await expect.poll(() => backend.requests.length, PATIENT).toBe(1);
    expect((await get(fixture.http, "x.example", "/")).status).toBe(503);
    holder.socket.destroy();
    expect(await fixture.record(1)).toMatchObject({ status: 499 });
    using next = await RawClient.connect(fixture.http);
    next.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await expect.poll(() => backend.requests.length, PATIENT).toBe(2);
  });
});
