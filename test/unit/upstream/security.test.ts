import { describe, expect, test } from "vitest";
import { deltaOf } from "../../../src/model/delta.ts";
import type { UpstreamSecurity } from "../../../src/model/upstream-security.ts";
import { sendRequest, type SendPlan, type UpstreamRuntime } from "../../../src/upstream/upstream.ts";
import { buildSecurity } from "../../support/builders/security-builder.ts";
import { EC_PAIR } from "../../support/builders/test-certificates.ts";
import {
  buildHead,
  buildPlan,
  FakeWire,
  RecordingUpstreamHandler,
  UPSTREAM_ID,
} from "../../support/servers/upstream-fakes.ts";
import { manyTurns } from "../../support/waiting/waiting.ts";

function publish(
  wire: FakeWire,
  ...securities: readonly (UpstreamSecurity | readonly [id: string, gone: null])[]
): void {
  const shards = securities.map((one) => ("id" in one ? ([one.id, one] as const) : one));
  wire.table.apply(deltaOf({ upstreamSecurity: new Map(shards) }));
}

function ask(wire: FakeWire, plan: Partial<SendPlan>): RecordingUpstreamHandler {
  const upstream: UpstreamRuntime | undefined = wire.table.get(UPSTREAM_ID);
  if (upstream === undefined) throw new Error("the upstream is missing");
  const handler = new RecordingUpstreamHandler();
  sendRequest(buildPlan(upstream, { protocol: "https", ...plan }), buildHead(), handler).end(null);
  return handler;
}

function dialedTls(wire: FakeWire): readonly unknown[] {
  return wire.dialed.map(({ dial }) => dial.tls);
}

describe("the security of an upstream", () => {
  test("is what its connections are made with, and keeps them apart from all others", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:443"]);
    const [one, other] = [buildSecurity("a", { serverName: "a.test" }), buildSecurity("b", { serverName: "b.test" })];
    publish(wire, one, other);
    for (const id of ["a", "b"]) ask(wire, { security: wire.table.securityOf(id) });
    ask(wire, { security: null });
    expect(dialedTls(wire)).toEqual([one, other, { serverName: null, verify: false }]);
  });

  test.each([
    ["is not there", []],
    [
      "has authorities and a key that cannot be read",
      [buildSecurity("a", { clientCertificate: { ...EC_PAIR, certPem: "-" } })],
    ],
    ["is gone", [buildSecurity("a"), ["a", null] as const]],
  ])("while it %s no connection is made", async (_name, securities) => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:443"]);
    for (const security of securities) publish(wire, security);
    const handler = ask(wire, { security: wire.table.securityOf("a") });
    await manyTurns();
    expect(wire.dialed).toHaveLength(0);
    expect(handler.failure).toMatchObject({ status: 502, code: "connect-failed" });
  });

  test("that is not there says nothing of the endpoints: none is passed over when it has come", async () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:443", "10.0.0.2:443"]);
    for (let i = 0; i < 20; i++) ask(wire, { security: wire.table.securityOf("a") });
    await manyTurns();
    publish(wire, buildSecurity("a"));
    for (let i = 0; i < 2; i++) ask(wire, { security: wire.table.securityOf("a") });
    expect(wire.dialed.map(({ dial }) => dial.host).toSorted()).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  test.each(["http", "grpc"] as const)("is never left out by %s, which speaks no TLS", async (protocol) => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    publish(wire, buildSecurity("a"));
    const handler = ask(wire, { protocol, security: wire.table.securityOf("a") });
    await manyTurns();
    expect(wire.dialed).toHaveLength(0);
    expect(handler.failure).toMatchObject({ status: 502 });
  });

  test("gets a connection of its own when it changes, and an abandoned attempt hears nothing", async () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:443"]);
    publish(wire, buildSecurity("a"));
    ask(wire, { security: wire.table.securityOf("a") });
    const changed = buildSecurity("a", { serverName: "new.test" });
    publish(wire, changed);
    ask(wire, { security: wire.table.securityOf("a") });
    expect(dialedTls(wire).at(-1)).toBe(changed);
    const upstream = wire.table.get(UPSTREAM_ID);
    if (upstream === undefined) throw new Error("the upstream is missing");
    const handler = new RecordingUpstreamHandler();
    const plan = buildPlan(upstream, { protocol: "https", security: wire.table.securityOf("gone") });
    sendRequest(plan, buildHead(), handler).abort();
    await manyTurns();
    expect(handler.failure).toBeNull();
  });
});
