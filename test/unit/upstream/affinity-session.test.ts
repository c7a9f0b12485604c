import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { EndpointRuntime } from "../../../src/upstream/connections/endpoint.ts";
import { readAffinity, type UpstreamRuntime } from "../../../src/upstream/upstream.ts";
import { FakeWire, seededRandom, UPSTREAM_ID } from "../../support/servers/upstream-fakes.ts";
import { buildAffinity } from "../../support/builders/filter-builder.ts";

const THREE = ["10.0.0.1:8080", "10.0.0.2:8080", "10.0.0.3:8080"];
/** md5hex(md5hex(id) + id), computed by an independent program. */
const BACKEND_KEY = "ad0f3520c2b4ae4ad7cae6da8d3345ed";

function endpoint(upstream: UpstreamRuntime, id: string): EndpointRuntime {
  const found = upstream.endpoints.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no endpoint ${id}`);
  return found;
}

describe("balanced affinity", () => {
  const filter = buildAffinity();

  test("starts a session with ingress-nginx's value and keeps it on that endpoint", () => {
    using wire = new FakeWire({ random: () => 0.000_998 });
    const upstream = wire.publish(THREE);
    wire.clock.ms = 1_732_186_800_123;
    const first = readAffinity(filter, upstream, undefined);
    expect(first.hasCookie).toBe(false);
    const chosen = first.pick([]);
    expect(first.newCookieValue).toBe(`1732186801.123.31.998|${BACKEND_KEY}`);
    const again = readAffinity(filter, upstream, `INGRESSCOOKIE=${first.newCookieValue}`);
    expect(again.hasCookie).toBe(true);
    expect(again.pick([])).toBe(chosen);
    expect(again.newCookieValue).toBeNull();
  });

  test("takes over the sessions of an ingress-nginx in front of the same endpoints", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    const stick = readAffinity(filter, upstream, `INGRESSCOOKIE=1732186801.123.45.999|${BACKEND_KEY}`);
    expect(stick.pick([])?.id).toBe("10.0.0.2:8080");
  });

  test("maps any value to an endpoint and never replaces it", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    const stick = readAffinity(filter, upstream, "INGRESSCOOKIE=user-42");
    expect(stick.pick([])?.id).toBe("10.0.0.3:8080");
    expect([stick.hasCookie, stick.newCookieValue]).toEqual([false, null]);
  });

  test("another upstream's cookie is no session of this one, yet keeps its place and is not overwritten", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    const stick = readAffinity(filter, upstream, `INGRESSCOOKIE=user-42|${hash("md5", "other")}`);
    expect(stick.hasCookie).toBe(false);
    expect(stick.pick([])?.id).toBe("10.0.0.3:8080");
    expect(stick.newCookieValue).toBeNull();
  });

  test.each(["", "|", "||"])("a cookie of %j counts as none", (value) => {
    using wire = new FakeWire();
    const stick = readAffinity(filter, wire.publish(THREE), `INGRESSCOOKIE=${value}`);
    expect(stick.pick([])).not.toBeNull();
    expect(stick.newCookieValue).not.toBeNull();
  });

  test("retries a session on its own endpoint, and issues nothing", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    const stick = readAffinity(filter, upstream, `INGRESSCOOKIE=user-42|${BACKEND_KEY}`);
    expect(stick.pick([endpoint(upstream, "10.0.0.3:8080")])?.id).toBe("10.0.0.3:8080");
    expect(stick.newCookieValue).toBeNull();
  });

  test("moves a failed session to another endpoint with change-on-failure, with a cookie that leads there", () => {
    using wire = new FakeWire({ random: seededRandom(5) });
    const upstream = wire.publish(THREE);
    const moving = buildAffinity({ changeOnFailure: true });
    const failed = [endpoint(upstream, "10.0.0.3:8080")];
    const stick = readAffinity(moving, upstream, `INGRESSCOOKIE=user-42|${BACKEND_KEY}`);
    expect(stick.pick([])?.id).toBe("10.0.0.3:8080");
    expect(stick.newCookieValue).toBeNull();
    const chosen = stick.pick(failed);
    expect(chosen?.id).not.toBe("10.0.0.3:8080");
    expect(readAffinity(moving, upstream, `INGRESSCOOKIE=${stick.newCookieValue}`).pick([])).toBe(chosen);
  });

  test("a session that has only begun avoids the endpoint that failed", () => {
    using wire = new FakeWire({ random: seededRandom(9) });
    const upstream = wire.publish(THREE);
    const stick = readAffinity(filter, upstream, undefined);
    const first = stick.pick([]) as EndpointRuntime;
    expect(stick.pick([first])).not.toBe(first);
  });

  test("goes back to the only endpoint when it failed", () => {
    using wire = new FakeWire({ random: seededRandom(2) });
    const upstream = wire.publish(["10.0.0.1:8080"]);
    const stick = readAffinity(buildAffinity({ changeOnFailure: true }), upstream, "INGRESSCOOKIE=x");
    expect(stick.pick([...upstream.endpoints])?.id).toBe("10.0.0.1:8080");
  });

  test("without endpoints there is nothing to pick and nothing to set", () => {
    using wire = new FakeWire();
    const stick = readAffinity(filter, wire.publish([]), "INGRESSCOOKIE=x");
    expect([stick.pick([]), stick.newCookieValue]).toEqual([null, null]);
  });

  test("a route that sets no cookie follows one", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    const follower = buildAffinity({ setsCookie: false });
    expect(readAffinity(follower, upstream, "INGRESSCOOKIE=user-42").pick([])?.id).toBe("10.0.0.3:8080");
    const fresh = readAffinity(follower, upstream, undefined);
    fresh.pick([]);
    expect(fresh.newCookieValue).toBeNull();
  });

  test("removing an endpoint moves its own sessions only", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(THREE);
    const keys = Array.from({ length: 200 }, (_, i) => `INGRESSCOOKIE=session-${i}`);
    const before = keys.map((key) => readAffinity(filter, upstream, key).pick([])?.id);
    wire.publish(THREE.slice(1));
    const after = keys.map((key) => readAffinity(filter, upstream, key).pick([])?.id);
    for (const [i, id] of before.entries()) if (id !== "10.0.0.1:8080") expect(after[i]).toBe(id);
    expect(after).not.toContain("10.0.0.1:8080");
  });
});

describe("persistent affinity", () => {
  const filter = buildAffinity({ mode: "persistent" });
  const SESSION = `d6f09bcae656a7f9aea060e3d855df9f|${BACKEND_KEY}`;

  test("names the endpoint by md5 of upstream and address", () => {
    using wire = new FakeWire({ random: () => 0 });
    const stick = readAffinity(filter, wire.publish(THREE), undefined);
    expect(stick.pick([])?.id).toBe("10.0.0.1:8080");
    expect(stick.newCookieValue).toBe(SESSION);
    expect(UPSTREAM_ID).toBe("shop-web-80");
  });

  test("keeps its endpoint while others come and go", () => {
    using wire = new FakeWire({ random: () => 0.9 });
    wire.publish(THREE);
    const upstream = wire.publish([...THREE.slice(0, 2), "10.0.0.9:8080", "10.0.0.8:8080"]);
    const stick = readAffinity(filter, upstream, `INGRESSCOOKIE=${SESSION}`);
    expect(stick.pick([])?.id).toBe("10.0.0.1:8080");
    expect(stick.newCookieValue).toBeNull();
  });

  test("is issued again at a random endpoint when its own is gone", () => {
    using wire = new FakeWire({ random: () => 0.9 });
    const upstream = wire.publish(THREE.slice(1));
    const stick = readAffinity(filter, upstream, `INGRESSCOOKIE=${SESSION}`);
    expect(stick.hasCookie).toBe(true);
    expect(stick.pick([])?.id).toBe("10.0.0.3:8080");
    expect(stick.newCookieValue).toBe(`${hash("md5", "shop-web-8010.0.0.3:8080")}|${BACKEND_KEY}`);
  });

  test("moves away from a failed endpoint only with change-on-failure", () => {
    using wire = new FakeWire({ random: () => 0 });
    const upstream = wire.publish(THREE);
    const failed = [endpoint(upstream, "10.0.0.1:8080")];
    expect(readAffinity(filter, upstream, `INGRESSCOOKIE=${SESSION}`).pick(failed)?.id).toBe("10.0.0.1:8080");
    const moving = readAffinity({ ...filter, changeOnFailure: true }, upstream, `INGRESSCOOKIE=${SESSION}`);
    expect(moving.pick(failed)?.id).toBe("10.0.0.2:8080");
    expect(moving.newCookieValue).not.toBeNull();
  });
});
