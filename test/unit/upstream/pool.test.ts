import { describe, expect, test } from "vitest";
import { deltaOf, onlyOne } from "../../../src/model/delta.ts";
import { DEFAULT_SETTINGS, type DataPlaneSettings } from "../../../src/model/settings.ts";
import { sendRequest } from "../../../src/upstream/upstream.ts";
import {
  buildHead,
  buildPlan,
  type FakeConnection,
  FakeWire,
  RecordingUpstreamHandler,
  UPSTREAM_ID,
  upstreamDelta,
} from "../../support/servers/upstream-fakes.ts";

function setKeepalive(wire: FakeWire, parts: Partial<DataPlaneSettings["upstreamKeepalive"]>): void {
  const upstreamKeepalive = { ...DEFAULT_SETTINGS.dataPlane.upstreamKeepalive, ...parts };
  wire.table.apply(
    deltaOf({
      settings: onlyOne({ ...DEFAULT_SETTINGS, dataPlane: { ...DEFAULT_SETTINGS.dataPlane, upstreamKeepalive } }),
    }),
  );
}

/** Sends one request, and answers it; returns the connection it went over. */
function exchange(wire: FakeWire, hintMs: number | null = null): FakeConnection {
  const upstream = wire.table.get(UPSTREAM_ID);
  if (upstream === undefined) throw new Error("the upstream is missing");
  const before = wire.dialed.length;
  sendRequest(buildPlan(upstream), buildHead(), new RecordingUpstreamHandler()).end(null);
  const connection = wire.dialed.length > before ? wire.dialing.connect() : reused(wire);
  connection.keepAliveHintMs = hintMs;
  connection.streams.at(-1)?.respond();
  return connection;
}

const opened = new WeakMap<FakeWire, FakeConnection>();

function reused(wire: FakeWire): FakeConnection {
  const connection = opened.get(wire);
  if (connection === undefined) throw new Error("no connection was used again");
  return connection;
}

function firstExchange(wire: FakeWire, hintMs: number | null = null): FakeConnection {
  const connection = exchange(wire, hintMs);
  opened.set(wire, connection);
  return connection;
}

/** Opens that many connections at once and returns them, all idle; the last is the latest used. */
function openIdle(wire: FakeWire, count: number): FakeConnection[] {
  const upstream = wire.table.get(UPSTREAM_ID);
  if (upstream === undefined) throw new Error("the upstream is missing");
  const connections = Array.from({ length: count }, () => {
    sendRequest(buildPlan(upstream), buildHead(), new RecordingUpstreamHandler()).end(null);
    return wire.dialing.connect();
  });
  for (const connection of connections) connection.streams[0]?.respond();
  return connections;
}

describe("a pool", () => {
  test("uses an idle connection again", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    const connection = firstExchange(wire);
    for (let i = 0; i < 5; i++) exchange(wire);
    expect([wire.dialed.length, connection.requestsServed]).toEqual([1, 6]);
  });

  test("opens one connection a request in flight, and never queues", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    openIdle(wire, 50);
    expect([wire.dialed.length, wire.table.idleConnections]).toEqual([50, 50]);
  });

  test("takes the connection used last first", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    const connections = openIdle(wire, 3);
    const upstream = wire.table.get(UPSTREAM_ID);
    if (upstream === undefined) throw new Error("the upstream is missing");
    sendRequest(buildPlan(upstream), buildHead(), new RecordingUpstreamHandler());
    expect(connections.map((connection) => connection.streams.length)).toEqual([1, 1, 2]);
  });

  test("keeps plain and TLS connections apart, and neither verifies nor names upstream TLS", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(["10.0.0.1:80"]);
    firstExchange(wire);
    sendRequest(buildPlan(upstream, { protocol: "https" }), buildHead(), new RecordingUpstreamHandler());
    expect(wire.dialed.map((dialing) => dialing.dial)).toEqual([
      { host: "10.0.0.1", port: 80, tls: null },
      { host: "10.0.0.1", port: 80, tls: { serverName: null, verify: false } },
    ]);
  });

  test("closes an idle connection when its time is over", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    setKeepalive(wire, { timeoutMs: 5_000 });
    const connection = firstExchange(wire);
    for (let i = 0; i < 7; i++) wire.advance(1_000);
    expect([connection.destroyed, wire.table.idleConnections]).toEqual([true, 0]);
  });

  test("does not use a connection whose time is over, even before it was closed", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    setKeepalive(wire, { timeoutMs: 5_000 });
    const connection = firstExchange(wire);
    wire.clock.ms += 5_000;
    exchange(wire);
    expect([connection.destroyed, wire.dialed.length]).toEqual([true, 2]);
  });

  test("leaves a backend that says 5 seconds after 4", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    const connection = firstExchange(wire, 5_000);
    wire.clock.ms += 3_999;
    exchange(wire, 5_000);
    expect(wire.dialed.length).toBe(1);
    wire.clock.ms += 4_000;
    exchange(wire);
    expect([wire.dialed.length, connection.destroyed]).toEqual([2, true]);
  });

  test("does not keep a connection that the backend keeps for a second only", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    expect(firstExchange(wire, 1_000).destroyed).toBe(true);
  });

  test("closes a connection after its number of requests", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    setKeepalive(wire, { requests: 2 });
    const connection = firstExchange(wire);
    expect(connection.destroyed).toBe(false);
    exchange(wire);
    expect([connection.destroyed, wire.table.idleConnections]).toEqual([true, 0]);
  });

  test("keeps at most the shared number of idle connections, over all endpoints, dropping the longest idle", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80", "10.0.0.2:80"]);
    setKeepalive(wire, { connections: 3 });
    const connections = openIdle(wire, 5);
    expect(wire.table.idleConnections).toBe(3);
    expect(connections.map((connection) => connection.destroyed)).toEqual([true, true, false, false, false]);
  });

  test("keeps none when keep-alive is off", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    setKeepalive(wire, { connections: 0 });
    expect(firstExchange(wire).destroyed).toBe(true);
  });

  test("forgets a connection that the backend closes", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    firstExchange(wire).destroy();
    expect(wire.table.idleConnections).toBe(0);
    exchange(wire);
    expect(wire.dialed.length).toBe(2);
  });
});

describe("a change of endpoints", () => {
  test("closes what is idle at a removed endpoint and leaves the others alone", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80", "10.0.0.2:80"]);
    const [first, second] = openIdle(wire, 2) as [FakeConnection, FakeConnection];
    wire.publish(["10.0.0.2:80", "10.0.0.3:80"]);
    expect([first.destroyed, second.destroyed, wire.table.idleConnections]).toEqual([true, false, 1]);
  });

  test("lets a request at a removed endpoint finish, and then closes its connection", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(["10.0.0.1:80"]);
    const handler = new RecordingUpstreamHandler();
    sendRequest(buildPlan(upstream), buildHead(), handler).end(null);
    const connection = wire.dialing.connect();
    wire.publish(["10.0.0.2:80"]);
    expect(connection.destroyed).toBe(false);
    connection.streams[0]?.respond(200, "whole");
    expect([handler.status, handler.body, handler.events.at(-1)]).toEqual([200, "whole", "end"]);
    expect([connection.destroyed, wire.table.idleConnections]).toEqual([true, 0]);
  });

  test("lets a connection to a removed endpoint that is still being made serve its request", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(["10.0.0.1:80"]);
    const handler = new RecordingUpstreamHandler();
    sendRequest(buildPlan(upstream), buildHead(), handler).end(null);
    wire.publish([]);
    const connection = wire.dialing.connect();
    connection.streams[0]?.respond();
    expect([handler.status, connection.destroyed]).toEqual([200, true]);
  });

  test("gives a removed endpoint no new request", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80", "10.0.0.2:80"]);
    const upstream = wire.publish(["10.0.0.2:80"]);
    for (let i = 0; i < 4; i++) sendRequest(buildPlan(upstream), buildHead(), new RecordingUpstreamHandler());
    expect(new Set(wire.dialed.map((dialing) => dialing.dial.host))).toEqual(new Set(["10.0.0.2"]));
  });

  test("may come before its upstream, and without it", () => {
    using wire = new FakeWire();
    const delta = upstreamDelta(UPSTREAM_ID, ["10.0.0.1:80"]);
    wire.table.apply({ ...delta, upstreams: new Map() });
    expect(wire.table.get(UPSTREAM_ID)).toBeUndefined();
    wire.table.apply({ ...delta, endpoints: new Map() });
    expect(wire.table.get(UPSTREAM_ID)?.hasEndpoints).toBe(true);
    wire.table.apply({ ...delta, upstreams: new Map(), endpoints: new Map([[UPSTREAM_ID, null]]) });
    expect(wire.table.get(UPSTREAM_ID)?.hasEndpoints).toBe(false);
  });

  test("of a removed upstream closes its idle connections", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    const connection = firstExchange(wire);
    wire.table.apply({ ...upstreamDelta(UPSTREAM_ID, []), upstreams: new Map([[UPSTREAM_ID, null]]) });
    expect([connection.destroyed, wire.table.get(UPSTREAM_ID)]).toEqual([true, undefined]);
  });

  test("of the same addresses changes nothing", () => {
    using wire = new FakeWire();
    wire.publish(["10.0.0.1:80"]);
    const connection = firstExchange(wire);
    for (let i = 0; i < 100; i++) wire.publish(["10.0.0.1:80"]);
    exchange(wire);
    expect([connection.requestsServed, wire.dialed.length]).toEqual([2, 1]);
  });
});

test("close ends idle connections and leaves nothing armed", () => {
  const wire = new FakeWire();
  wire.publish(["10.0.0.1:80"]);
  const connection = firstExchange(wire);
  wire.table.close();
  expect([connection.destroyed, wire.wheel.size]).toEqual([true, 0]);
  wire.wheel.close();
});
