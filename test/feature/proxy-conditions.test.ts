import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONDITION_CASES, buildConditionalRoute, conditionHost } from "../conformance/condition-cases.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { get, request } from "../support/clients/raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";

/** Every service of the cases is a backend of its own that answers with its name. */
const SERVICES = [...new Set(CONDITION_CASES.flatMap(({ rules }) => rules.map(([, , service]) => service)))];
const backends = new Map<string, RawBackend>();
let fixture: ProxyFixture;

beforeAll(async () => {
  for (const service of SERVICES) backends.set(service, await RawBackend.open(answerText(service)));
  const addresses = [...backends].map(([service, { address }]) => [`test-${service}-80`, [address]] as const);
  fixture = await ProxyFixture.open({
    hosts: CONDITION_CASES.map((routing, i) => conditionHost(`case-${i}.test`, routing)),
    endpoints: Object.fromEntries(addresses),
  });
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  for (const backend of backends.values()) await backend[Symbol.asyncDispose]();
});

describe.each(CONDITION_CASES.map((routing, i) => ({ ...routing, host: `case-${i}.test` })))(
  "$name",
  ({ requests, host }) => {
    test.each(requests)("%s with %j is answered by %s", async (line, headers, outcome) => {
      const lines = [`${line} HTTP/1.1`, `Host: ${host}`, ...headers, "Content-Length: 0"];
      const response = await request(fixture.http, lines);
      expect(response.status === 404 ? "404" : response.body).toBe(outcome);
    });
  },
);

describe("a guarded route that asks for a query", () => {
  const limits = { zone: "a/b", requestsPerSecond: null, requestsPerMinute: null, connections: 5, allowlist: [] };
  const query = [{ name: "admin", kind: "exact", value: "1" }] as const;

  test("is not passed by with a query that is hidden in the path", async () => {
    await using backend = await RawBackend.open(answerText("ok"));
    const admin = buildConditionalRoute(buildRoute("x", "prefix", "/", { limits }), { query });
    await using one = await ProxyFixture.open({
      hosts: [buildHost("a.test", [admin, buildRoute("x", "prefix", "/")])],
      endpoints: { "test-x-80": [backend.address] },
    });
    expect((await get(one.http, "a.test", "/?admin=1")).status).toBe(200);
    expect((await get(one.http, "a.test", "/%3Fadmin=1")).status).toBe(400);
    expect((await get(one.http, "a.test", "/%253Fadmin=1")).status).toBe(400);
    expect((await get(one.http, "a.test", "/?x=%3Fadmin=1")).status).toBe(200);
    expect((await one.record(1)).errorCode).toBe("ambiguous-path");
  });
});
