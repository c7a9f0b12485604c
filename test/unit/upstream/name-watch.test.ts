import { describe, expect, test } from "vitest";
import type { AddressResolver, ResolvedName } from "../../../src/upstream/connections/resolver.ts";
import { FakeWire } from "../../support/servers/upstream-fakes.ts";

/** Answers look-ups when the test says so. */
class ScriptedResolver implements AddressResolver {
  readonly asked: string[] = [];
  closed = false;
  readonly #waiting: PromiseWithResolvers<ResolvedName>[] = [];

  resolve(host: string): Promise<ResolvedName> {
    this.asked.push(host);
    const waiting = Promise.withResolvers<ResolvedName>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  close(): void {
    this.closed = true;
  }

  /** Settles the oldest look-up and lets the news spread. */
  async answer(addresses: readonly string[], ttlMs = 60_000): Promise<void> {
    this.#waiting.shift()?.resolve({ addresses, ttlMs });
    await turn();
  }

  async fail(): Promise<void> {
    this.#waiting.shift()?.reject(new Error("ENOTFOUND"));
    await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function openNamed(host = "db.example.com") {
  const resolver = new ScriptedResolver();
  const wire = new FakeWire({ resolver });
  const upstream = wire.publish([{ kind: "name", host, port: 5432 }]);
  const ids = () => upstream.endpoints.map((endpoint) => endpoint.id);
  return { resolver, wire, upstream, ids, [Symbol.dispose]: () => wire[Symbol.dispose]() };
}

function advanceSeconds(wire: FakeWire, seconds: number): void {
  for (let i = 0; i < seconds * 2; i++) wire.advance(500);
}

/** Moves time on until the next look-up; returns the seconds it took. */
function untilAsked(named: ReturnType<typeof openNamed>): number {
  const before = named.resolver.asked.length;
  for (let halves = 1; halves < 200; halves++) {
    named.wire.advance(500);
    if (named.resolver.asked.length > before) return halves / 2;
  }
  throw new Error("the name is not asked for any more");
}

describe("an external name", () => {
  test("has no endpoints before it is resolved, then its addresses", async () => {
    using named = openNamed();
    expect(named.upstream.hasEndpoints).toBe(false);
    await named.resolver.answer(["192.0.2.2", "192.0.2.1", "192.0.2.2"]);
    expect(named.ids()).toEqual(["192.0.2.1:5432", "192.0.2.2:5432"]);
  });

  test("may be IPv6", async () => {
    using named = openNamed();
    await named.resolver.answer(["2001:db8::1"]);
    expect(named.ids()).toEqual(["[2001:db8::1]:5432"]);
  });

  test("is asked again when its TTL is over, not before", async () => {
    using named = openNamed();
    await named.resolver.answer(["192.0.2.1"], 10_000);
    advanceSeconds(named.wire, 9);
    expect(named.resolver.asked).toHaveLength(1);
    advanceSeconds(named.wire, 2);
    expect(named.resolver.asked).toHaveLength(2);
    await named.resolver.answer(["192.0.2.9"]);
    expect(named.ids()).toEqual(["192.0.2.9:5432"]);
  });

  test("is asked at most once a second, whatever its TTL", async () => {
    using named = openNamed();
    await named.resolver.answer(["192.0.2.1"], 0);
    named.wire.advance(900);
    expect(named.resolver.asked).toHaveLength(1);
    advanceSeconds(named.wire, 1);
    expect(named.resolver.asked).toHaveLength(2);
  });

  test("keeps its last good addresses while look-ups fail, and asks less and less often", async () => {
    using named = openNamed();
    await named.resolver.answer(["192.0.2.1"], 1_000);
    const gaps: number[] = [];
    for (let failures = 0; failures < 8; failures++) {
      gaps.push(untilAsked(named));
      await named.resolver.fail();
    }
    expect(named.ids()).toEqual(["192.0.2.1:5432"]);
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(30);
    expect(gaps.at(-1)).toBeLessThan(32);
    untilAsked(named);
    await named.resolver.answer(["192.0.2.2"]);
    expect(named.ids()).toEqual(["192.0.2.2:5432"]);
  });

  test("that never answers is given up and asked again; a late answer does not count", async () => {
    using named = openNamed();
    advanceSeconds(named.wire, 20);
    expect(named.resolver.asked).toHaveLength(2);
    await named.resolver.answer(["192.0.2.66"]);
    expect(named.ids()).toEqual([]);
    await named.resolver.answer(["192.0.2.1"]);
    expect(named.ids()).toEqual(["192.0.2.1:5432"]);
  });

  test.each(["127.0.0.1", "127.9.9.9", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "::", "::ffff:127.0.0.1"])(
    "RT-13: does not lead to %s",
    async (address) => {
      using named = openNamed();
      await named.resolver.answer([address]);
      expect(named.ids()).toEqual([]);
      advanceSeconds(named.wire, 3);
      await named.resolver.answer([address, "192.0.2.1"]);
      expect(named.ids()).toEqual(["192.0.2.1:5432"]);
    },
  );

  test("that turns to loopback keeps the last good addresses", async () => {
    using named = openNamed();
    await named.resolver.answer(["192.0.2.1"], 1_000);
    advanceSeconds(named.wire, 3);
    await named.resolver.answer(["127.0.0.1"]);
    expect(named.ids()).toEqual(["192.0.2.1:5432"]);
  });

  test.each(["localhost", "LOCALHOST.", "metadata.localhost"])("%s is refused without asking", (host) => {
    using named = openNamed(host);
    expect([named.resolver.asked, named.upstream.hasEndpoints]).toEqual([[], false]);
  });

  test.each([
    ["127.0.0.1", "127.0.0.1:5432"],
    ["192.0.2.7", "192.0.2.7:5432"],
    ["2001:db8::7", "[2001:db8::7]:5432"],
    ["[2001:db8::7]", "[2001:db8::7]:5432"],
  ])("written as the address %s is used as it is", (host, id) => {
    using named = openNamed(host);
    expect([named.ids(), named.resolver.asked]).toEqual([[id], []]);
  });

  test("that leaves the upstream is not asked any more", async () => {
    using named = openNamed();
    await named.resolver.answer(["192.0.2.1"], 1_000);
    named.wire.publish(["10.0.0.1:80"]);
    advanceSeconds(named.wire, 10);
    expect([named.resolver.asked.length, named.ids(), named.wire.wheel.size]).toEqual([1, ["10.0.0.1:80"], 0]);
  });

  test("whose answer comes after it left changes nothing", async () => {
    using named = openNamed();
    named.wire.publish([]);
    await named.resolver.answer(["192.0.2.1"]);
    expect(named.ids()).toEqual([]);
  });

  test("keeps the connections of addresses that stay", async () => {
    using named = openNamed();
    await named.resolver.answer(["192.0.2.1", "192.0.2.2"], 1_000);
    const [first] = named.upstream.endpoints;
    advanceSeconds(named.wire, 3);
    await named.resolver.answer(["192.0.2.1", "192.0.2.3"]);
    expect(named.upstream.endpoints[0]).toBe(first);
  });
});

test("closing the table stops look-ups and timers", () => {
  const named = openNamed();
  named.wire.table.close();
  expect([named.resolver.closed, named.wire.wheel.size]).toEqual([true, 0]);
  named.wire.wheel.close();
});
