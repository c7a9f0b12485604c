import { describe, expect, test } from "vitest";
import type { Listener } from "../../src/model/listener.ts";
import { buildGroup, GATEWAY_TABLE } from "../support/builders/group-builder.ts";
import type { DeltaParts } from "../support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { buildListener } from "../support/builders/socket-plan.ts";
import { get, RawClient, request } from "../support/clients/raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";

const ROOT = { type: "prefix", path: "/" } as const;
const POST_TO_1 = {
  method: "POST",
  headers: [],
  query: [{ name: "v", kind: "exact", value: "1" }],
  priority: 0,
} as const;

/** Everything of one socket is looked up in the table of a Gateway. */
function gatewayListener(traffic: Listener["traffic"]): NonNullable<DeltaParts["listeners"]> {
  return new Map([[traffic, buildListener(traffic, { traffic, table: GATEWAY_TABLE })]]);
}

describe("a listener with a table of its own", () => {
  test("serves the hosts of its table and no host of the Ingresses", async () => {
    await using gateway = await RawBackend.open(answerText("gateway"));
    await using ingress = await RawBackend.open(answerText("ingress"));
    await using fixture = await ProxyFixture.open({
      hosts: ["_", "a.test", "b.test"].map((host) => buildHost(host, [buildRoute("ingress", "prefix", "/")])),
      groups: [buildGroup("web", ["a.test", "*.deep.test"], [ROOT])],
      endpoints: { "test-web-0-80": [gateway.address], "test-ingress-80": [ingress.address] },
      listeners: gatewayListener("http"),
    });
    expect((await get(fixture.http, "a.test", "/")).body).toBe("gateway");
    expect((await get(fixture.http, "x.y.deep.test", "/")).body).toBe("gateway");
    expect((await get(fixture.http, "b.test", "/")).status).toBe(404);
    expect((await get(fixture.https("a.test"), "a.test", "/")).body).toBe("ingress");
  });

  test("asks the next less specific host where no route takes the request", async () => {
    await using one = await RawBackend.open(answerText("one"));
    await using two = await RawBackend.open(answerText("two"));
    const group = buildGroup("one", ["a.test"], [ROOT]);
    const asking = { ...group, routes: group.routes.map((route) => ({ ...route, match: POST_TO_1 })) };
    await using fixture = await ProxyFixture.open({
      groups: [asking, buildGroup("two", ["*.test"], [ROOT])],
      endpoints: { "test-one-0-80": [one.address], "test-two-0-80": [two.address] },
      listeners: gatewayListener("http"),
    });
    const ask = async (line: string): Promise<string> =>
      (await request(fixture.http, [`${line} HTTP/1.1`, "Host: a.test", "Content-Length: 0"])).body;
    expect(await ask("POST /x?v=1")).toBe("one");
    expect(await ask("POST /x?v=2")).toBe("two");
    expect(await ask("GET /x?v=1")).toBe("two");
    expect((await get(fixture.http, "test", "/x?v=1")).status).toBe(404);
  });

  test("lets no query that is hidden in a path pass by a route of a less specific host", async () => {
    await using backend = await RawBackend.open(answerText("ok"));
    const group = buildGroup("wide", ["*.test"], [ROOT]);
    await using fixture = await ProxyFixture.open({
      groups: [
        { ...group, routes: group.routes.map((route) => ({ ...route, match: POST_TO_1 })) },
        buildGroup("own", ["a.test"], [{ type: "prefix", path: "/own" }]),
      ],
      endpoints: { "test-own-0-80": [backend.address] },
      listeners: gatewayListener("http"),
    });
    expect((await get(fixture.http, "a.test", "/own/%3Fv=1")).status).toBe(400);
    expect((await get(fixture.http, "a.test", "/own/%3Cv=1")).status).toBe(200);
  });

  test("adds nothing that no group asks for: no HSTS and no health check", async () => {
    await using backend = await RawBackend.open(answerText("hello"));
    await using fixture = await ProxyFixture.open({
      groups: [buildGroup("web", ["a.test"], [ROOT])],
      endpoints: { "test-web-0-80": [backend.address] },
      listeners: gatewayListener("https"),
    });
    const answer = await get(fixture.https("a.test"), "a.test", "/");
    expect([answer.status, answer.field("strict-transport-security")]).toEqual([200, undefined]);
    expect((await get(fixture.https("a.test"), "other.test", "/healthz")).status).toBe(404);
    expect((await get(fixture.http, "other.test", "/healthz")).status).toBe(200);
  });

  test("serves a group that comes on connections that were there before, and another one when it goes", async () => {
    await using first = await RawBackend.open(answerText("first"));
    await using second = await RawBackend.open(answerText("second"));
    const endpoints = { "test-first-0-80": [first.address], "test-second-0-80": [second.address] };
    const older = buildGroup("first", ["a.test"], [ROOT], { second: 1 });
    const younger = buildGroup("second", ["a.test"], [ROOT], { second: 2 });
    await using fixture = await ProxyFixture.open({ groups: [younger], endpoints, listeners: gatewayListener("http") });
    using client = await RawClient.connect(fixture.http);
    const ask = async (): Promise<string> => {
      client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      return (await client.response()).body;
    };
    expect(await ask()).toBe("second");
    fixture.apply({ groups: [older], endpoints });
    expect(await ask()).toBe("first");
    fixture.remove("groups", older.id);
    expect(await ask()).toBe("second");
  });
});
