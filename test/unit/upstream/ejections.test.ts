import { describe, expect, test } from "vitest";
import type { EndpointRuntime } from "../../../src/upstream/connections/endpoint.ts";
import { FakeWire } from "../../support/servers/upstream-fakes.ts";

const FOUR = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"];

function setUp(endpoints: readonly string[] = FOUR) {
  const wire = new FakeWire();
  const upstream = wire.publish(endpoints);
  const [first, second, third] = upstream.endpoints as [EndpointRuntime, EndpointRuntime, EndpointRuntime];
  const fail = (endpoint: EndpointRuntime, times: number): void => {
    for (let i = 0; i < times; i++) upstream.failedToConnect(endpoint);
  };
  /** How many of 120 requests each endpoint gets. */
  const shares = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < 120; i++) {
      const id = upstream.pick([])?.address ?? "none";
      counts[id] = (counts[id] ?? 0) + 1;
    }
    return counts;
  };
  return { wire, upstream, first, second, third, fail, shares, [Symbol.dispose]: () => wire[Symbol.dispose]() };
}

describe("BE-16 an endpoint that cannot be connected to", () => {
  test("is passed over after five failures in a row, and the others share evenly", () => {
    using stage = setUp();
    stage.fail(stage.first, 4);
    expect(stage.shares()).toEqual({ "10.0.0.1": 30, "10.0.0.2": 30, "10.0.0.3": 30, "10.0.0.4": 30 });
    stage.fail(stage.first, 1);
    expect(stage.shares()).toEqual({ "10.0.0.2": 40, "10.0.0.3": 40, "10.0.0.4": 40 });
  });

  test("is asked on where a success came between", () => {
    using stage = setUp();
    stage.fail(stage.first, 4);
    stage.upstream.connected(stage.first);
    stage.fail(stage.first, 4);
    expect(stage.shares()["10.0.0.1"]).toBe(30);
  });

  test("is asked again after ten seconds, and passed over for longer when it fails once more", () => {
    using stage = setUp();
    stage.fail(stage.first, 5);
    stage.wire.advance(9_999);
    expect(stage.shares()["10.0.0.1"]).toBeUndefined();
    stage.wire.advance(1);
    expect(stage.shares()["10.0.0.1"]).toBe(30);
    stage.fail(stage.first, 1);
    stage.wire.advance(19_999);
    expect(stage.shares()["10.0.0.1"]).toBeUndefined();
    stage.wire.advance(1);
    stage.upstream.connected(stage.first);
    stage.fail(stage.first, 4);
    expect(stage.shares()["10.0.0.1"]).toBe(30);
  });

  test("is back at once when a client that is tied to it gets through", () => {
    using stage = setUp();
    stage.fail(stage.first, 5);
    stage.upstream.connected(stage.first);
    expect(stage.shares()["10.0.0.1"]).toBe(30);
  });

  test("is asked on when half of the others are passed over already", () => {
    using stage = setUp();
    for (const endpoint of stage.upstream.endpoints) stage.fail(endpoint, 50);
    expect(stage.shares()).toEqual({ "10.0.0.3": 60, "10.0.0.4": 60 });
  });

  test("is asked on when it is the only one", () => {
    using stage = setUp(["10.0.0.1:80"]);
    stage.fail(stage.first, 50);
    expect(stage.shares()).toEqual({ "10.0.0.1": 120 });
  });

  test("is asked again when so many of the others left that it is needed", () => {
    using stage = setUp();
    stage.fail(stage.first, 5);
    stage.fail(stage.second, 5);
    stage.wire.publish(FOUR.slice(0, 3));
    expect(stage.shares()).toEqual({ "10.0.0.1": 40, "10.0.0.2": 40, "10.0.0.3": 40 });
  });

  test("is a new one when it left and came back", () => {
    using stage = setUp();
    stage.fail(stage.first, 5);
    stage.wire.publish(FOUR.slice(1));
    stage.wire.publish(FOUR);
    expect(stage.shares()["10.0.0.1"]).toBe(30);
  });

  test("keeps its clients that are tied to it by a cookie", () => {
    using stage = setUp();
    const key = stage.upstream.sessionKey(stage.first);
    stage.fail(stage.first, 5);
    expect(stage.upstream.findBySessionKey(key)).toBe(stage.first);
  });
});
