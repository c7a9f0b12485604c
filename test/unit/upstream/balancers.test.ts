import { describe, expect, test } from "vitest";
import type { EndpointRuntime } from "../../../src/upstream/connections/endpoint.ts";
import { AnswerTimes, createAnswerTimesMemory, keyOf } from "../../../src/upstream/connections/answer-times.ts";
import { EwmaBalancer } from "../../../src/upstream/balance/ewma.ts";
import { FakeWire, seededRandom } from "../../support/servers/upstream-fakes.ts";

const THREE = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"];

function pickIds(pick: () => EndpointRuntime | null, count: number): string[] {
  return Array.from({ length: count }, () => pick()?.id ?? "none");
}

function countIds(ids: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

describe("round robin", () => {
  test("spreads 600 requests over three endpoints exactly", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    expect(Object.values(countIds(pickIds(() => upstream.pick([]), 600)))).toEqual([200, 200, 200]);
  });

  test("starts at a random endpoint", () => {
    using wire = new FakeWire({ random: () => 0.5 });
    const upstream = wire.publish(THREE);
    expect(pickIds(() => upstream.pick([]), 4)).toEqual(["10.0.0.2:80", "10.0.0.3:80", "10.0.0.1:80", "10.0.0.2:80"]);
  });

  test("keeps its turn over a change of endpoints", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    expect(upstream.pick([])?.id).toBe("10.0.0.1:80");
    wire.publish(["10.0.0.0:80", ...THREE]);
    expect(upstream.pick([])?.id).toBe("10.0.0.2:80");
    wire.publish(["10.0.0.0:80", "10.0.0.1:80"]);
    expect(pickIds(() => upstream.pick([]), 3)).toEqual(["10.0.0.0:80", "10.0.0.1:80", "10.0.0.0:80"]);
  });

  test("stays fair to those that stay while the rest is replaced before every request", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    const ids: string[] = [];
    for (let i = 0; i < 400; i++) {
      wire.publish([...THREE, `10.0.1.${i % 250}:80`]);
      ids.push(upstream.pick([])?.id ?? "none");
    }
    const counts = THREE.map((id) => countIds(ids)[id] ?? 0);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  test("leaves out endpoints the request has tried, while there are others", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    const [first, second, third] = upstream.endpoints as [EndpointRuntime, EndpointRuntime, EndpointRuntime];
    expect(upstream.pick([first, second])?.id).toBe(third.id);
    expect(upstream.pick([first, second, third])).not.toBeNull();
  });

  test("answers the only endpoint again, and null without any", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(["10.0.0.1:80"]);
    expect(upstream.pick([...upstream.endpoints])?.id).toBe("10.0.0.1:80");
    wire.publish([]);
    expect(upstream.pick([])).toBeNull();
    expect(upstream.hasEndpoints).toBe(false);
  });
});

/** Balancers of one upstream in several threads. */
function openThreads(wire: FakeWire, count: number): [EwmaBalancer, ...EwmaBalancer[]] {
  const times = new AnswerTimes(createAnswerTimesMemory(64));
  const { clock } = wire;
  const open = (): EwmaBalancer => new EwmaBalancer({ upstreamId: "shop", times, clock, random: () => 0 });
  return [open(), ...Array.from({ length: count - 1 }, open)];
}

describe("ewma", () => {
  test("prefers the endpoint that answers faster", () => {
    using wire = new FakeWire({ random: seededRandom(1) });
    const upstream = wire.publish(["10.0.0.1:80", "10.0.0.2:80"], "ewma");
    const [slow, fast] = upstream.endpoints as [EndpointRuntime, EndpointRuntime];
    wire.advance(10_000);
    upstream.observe(slow, 500);
    upstream.observe(fast, 5);
    expect(countIds(pickIds(() => upstream.pick([]), 50))).toEqual({ "10.0.0.2:80": 50 });
  });

  test("forgets within seconds: the average fades by e in ten seconds", () => {
    using wire = new FakeWire();
    const [thread] = openThreads(wire, 1);
    const [first] = wire.publish(["10.0.0.1:80", "10.0.0.2:80"]).endpoints as [EndpointRuntime];
    thread.update([first]);
    wire.advance(1_000_000);
    thread.observe(first, 1000);
    expect(thread.averageOf(first)).toBeCloseTo(1000, 0);
    wire.advance(10_000);
    thread.observe(first, 0);
    expect(thread.averageOf(first)).toBeCloseTo(1000 / Math.E, 0);
  });

  test("of three endpoints the slowest gets nothing, the others share", () => {
    using wire = new FakeWire({ random: seededRandom(7) });
    const upstream = wire.publish(THREE, "ewma");
    wire.advance(60_000);
    for (const [i, endpoint] of upstream.endpoints.entries()) upstream.observe(endpoint, [10, 900, 20][i] ?? 0);
    const counts = countIds(pickIds(() => upstream.pick([]), 300));
    expect(counts["10.0.0.2:80"]).toBeUndefined();
    expect(counts["10.0.0.1:80"]).toBeGreaterThan(counts["10.0.0.3:80"] ?? 0);
    expect(counts["10.0.0.3:80"]).toBeGreaterThan(50);
  });

  test("gives a new endpoint the average of the others", () => {
    using wire = new FakeWire();
    const [thread] = openThreads(wire, 1);
    const { endpoints } = wire.publish(THREE);
    thread.update(endpoints.slice(0, 2));
    wire.advance(1_000_000);
    for (const [i, endpoint] of endpoints.slice(0, 2).entries()) thread.observe(endpoint, [100, 300][i] ?? 0);
    thread.update(endpoints);
    expect(endpoints.map((endpoint) => Math.round(thread.averageOf(endpoint)))).toEqual([100, 300, 200]);
  });

  test("what one thread has seen of an endpoint all threads know", () => {
    using wire = new FakeWire();
    const { endpoints } = wire.publish(["10.0.0.1:80", "10.0.0.2:80"]);
    const [slow, fast] = endpoints as [EndpointRuntime, EndpointRuntime];
    const threads = openThreads(wire, 4);
    for (const thread of threads) thread.update(endpoints);
    wire.advance(10_000);
    threads[0].observe(slow, 500);
    threads[1]?.observe(fast, 5);
    for (const thread of threads) expect(thread.pick([])).toBe(fast);
  });

  test("an endpoint that comes back is a new one, also while an old request of it ends", () => {
    using wire = new FakeWire();
    const { endpoints } = wire.publish(["10.0.0.1:80", "10.0.0.2:80"]);
    const [first, second] = endpoints as [EndpointRuntime, EndpointRuntime];
    const threads = openThreads(wire, 2);
    for (const thread of threads) thread.update(endpoints);
    wire.advance(1_000_000);
    threads[0].observe(first, 5000);
    threads[0].observe(second, 20);
    for (const thread of threads) thread.update([second]);
    threads[0].observe(first, 9000);
    for (const thread of threads) thread.update(endpoints);
    expect(threads.map((thread) => Math.round(thread.averageOf(first)))).toEqual([20, 20]);
  });

  test("memory is bounded: beyond it the longest unchanged averages go", () => {
    const times = new AnswerTimes(createAnswerTimesMemory(64));
    const keys = Array.from({ length: 5000 }, (_, i) => keyOf("shop", `10.0.0.${i}:80`));
    for (const [i, key] of keys.entries()) times.set(key, i, i);
    const kept = keys.filter((key) => times.find(key) !== -1);
    expect(kept).toHaveLength(64);
    expect(times.averageMs(times.find(keys.at(-1) ?? 0))).toBe(4999);
    expect(new Set(keys).size).toBe(5000);
  });

  test("leaves out endpoints the request has tried, while there are others", () => {
    using wire = new FakeWire({ random: seededRandom(3) });
    const upstream = wire.publish(THREE, "ewma");
    const [first, second, third] = upstream.endpoints as [EndpointRuntime, EndpointRuntime, EndpointRuntime];
    expect(countIds(pickIds(() => upstream.pick([first, third]), 20))).toEqual({ [second.id]: 20 });
    expect(upstream.pick([first, second, third])).not.toBeNull();
  });

  test("takes over from round robin at run time, endpoints and connections staying", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    const before = [...upstream.endpoints];
    wire.publish(THREE, "ewma");
    expect(upstream.endpoints).toEqual(before);
    expect(upstream.pick([])).not.toBeNull();
  });
});
