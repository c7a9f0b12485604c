import { describe, expect, test } from "vitest";
import type { Listener } from "../../src/model/listener.ts";
import { buildGroup, GATEWAY_TABLE } from "../support/builders/group-builder.ts";
import type { DeltaParts } from "../support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { buildListener } from "../support/builders/socket-plan.ts";
import { get, RawClient } from "../support/clients/raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";

const ROOT = { type: "prefix", path: "/" } as const;

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
