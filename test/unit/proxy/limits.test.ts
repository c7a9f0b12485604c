import { describe, expect, test } from "vitest";
import type { LimitsFilter } from "../../../src/model/filters/limits.ts";
import { compileLimits, type Limits } from "../../../src/proxy/filters/limits/limits.ts";
import { openOwnLimits } from "../../support/builders/own-limits.ts";

function buildFilter(parts: Partial<LimitsFilter>): LimitsFilter {
  return {
    zone: "shop/web",
    requestsPerSecond: null,
    requestsPerMinute: null,
    connections: 0,
    allowlist: [],
    ...parts,
  };
}

function openLimits(capacity = 1024): { readonly limits: Limits; readonly advance: (ms: number) => void } {
  let nowMs = 5_000;
  const limits = openOwnLimits(
    capacity,
    () => nowMs,
    () => 0.3,
  );
  return { limits, advance: (ms) => (nowMs += ms) };
}

describe("the rate limit", () => {
  test("lets one request and the burst pass at once, then the rate", () => {
    const { limits, advance } = openLimits();
    const filter = compileLimits(buildFilter({ requestsPerSecond: { rate: 2, burst: 10 } }));
    const admit = () => limits.admit(filter, "192.0.2.1");
    expect(Array.from({ length: 11 }, admit)).toEqual(Array.from({ length: 11 }, () => "pass"));
    expect(admit()).toBe("rate-refused");
    advance(499);
    expect(admit()).toBe("rate-refused");
    advance(1);
    expect(admit()).toBe("pass");
    expect(admit()).toBe("rate-refused");
  });

  test("without burst one request passes each period", () => {
    const { limits, advance } = openLimits();
    const filter = compileLimits(buildFilter({ requestsPerSecond: { rate: 1, burst: 0 } }));
    expect(limits.admit(filter, "192.0.2.1")).toBe("pass");
    expect(limits.admit(filter, "192.0.2.1")).toBe("rate-refused");
    advance(999);
    expect(limits.admit(filter, "192.0.2.1")).toBe("rate-refused");
    advance(1);
    expect(limits.admit(filter, "192.0.2.1")).toBe("pass");
  });

  test("per minute is cut to thousandths a second as in nginx: one a minute is one in 62.5 seconds", () => {
    const { limits, advance } = openLimits();
    const filter = compileLimits(buildFilter({ requestsPerMinute: { rate: 1, burst: 0 } }));
    expect(limits.admit(filter, "192.0.2.1")).toBe("pass");
    advance(62_499);
    expect(limits.admit(filter, "192.0.2.1")).toBe("rate-refused");
    advance(1);
    expect(limits.admit(filter, "192.0.2.1")).toBe("pass");
  });

  test("a request refused by one rate is counted by neither", () => {
    const { limits, advance } = openLimits();
    const both = buildFilter({
      requestsPerSecond: { rate: 1, burst: 0 },
      requestsPerMinute: { rate: 60, burst: 1 },
    });
    const filter = compileLimits(both);
    expect(limits.admit(filter, "192.0.2.1")).toBe("pass");
    for (let i = 0; i < 5; i++) expect(limits.admit(filter, "192.0.2.1")).toBe("rate-refused");
    const onlyMinute = compileLimits({ ...both, requestsPerSecond: null });
    expect(limits.admit(onlyMinute, "192.0.2.1")).toBe("pass");
    expect(limits.admit(onlyMinute, "192.0.2.1")).toBe("rate-refused");
    expect(limits.admit(compileLimits({ ...both, requestsPerMinute: null }), "192.0.2.1")).toBe("rate-refused");
    advance(1000);
    expect(limits.admit(filter, "192.0.2.1")).toBe("pass");
  });

  test("survives a change of configuration and goes on with the new rate", () => {
    const { limits } = openLimits();
    const before = compileLimits(buildFilter({ requestsPerSecond: { rate: 1, burst: 1 } }));
    expect([limits.admit(before, "192.0.2.1"), limits.admit(before, "192.0.2.1")]).toEqual(["pass", "pass"]);
    const after = compileLimits(buildFilter({ requestsPerSecond: { rate: 5, burst: 1 }, connections: 9 }));
    expect(limits.admit(after, "192.0.2.1")).toBe("rate-refused");
  });

  test("works over weeks without requests and over the wrap of its clock", () => {
    const { limits, advance } = openLimits();
    const filter = compileLimits(buildFilter({ requestsPerSecond: { rate: 1, burst: 0 } }));
    for (const pause of [2 ** 31 - 10_000, 9_000, 2 ** 31 + 120_000, 2 ** 32]) {
      expect(limits.admit(filter, "192.0.2.1")).toBe("pass");
      expect(limits.admit(filter, "192.0.2.1")).toBe("rate-refused");
      advance(pause);
    }
  });

  test("takes a burst too large for its cells as the largest", () => {
    const { limits } = openLimits();
    const filter = compileLimits(buildFilter({ requestsPerSecond: { rate: 10_000_000, burst: 50_000_000 } }));
    for (let i = 0; i < 100; i++) expect(limits.admit(filter, "192.0.2.1")).toBe("pass");
  });
});

describe("the key", () => {
  const filter = compileLimits(buildFilter({ requestsPerSecond: { rate: 1, burst: 0 } }));

  test("is the whole address and the Ingress", () => {
    const { limits } = openLimits();
    const other = compileLimits(buildFilter({ zone: "shop/api", requestsPerSecond: { rate: 1, burst: 0 } }));
    const addresses = ["192.0.2.1", "192.0.2.2", "1.192.0.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::1"];
    for (const address of addresses) {
      expect(limits.admit(filter, address)).toBe("pass");
      expect(limits.admit(other, address)).toBe("pass");
      expect(limits.admit(filter, address)).toBe("rate-refused");
    }
  });

  test.each([
    ["192.0.2.1", "::ffff:192.0.2.1"],
    ["2001:db8::1", "2001:DB8:0:0:0:0:0:1"],
    ["2001:db8:1::", "2001:db8:1:0:0:0:0:0"],
    ["::ffff:c000:201", "192.0.2.1"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
    ["fe80::1%eth0", "fe80::1"],
    ["::", "0:0:0:0:0:0:0:0"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ])("is the same for %s and %s", (one, other) => {
    const { limits } = openLimits();
    expect(limits.admit(filter, one)).toBe("pass");
    expect(limits.admit(filter, other)).toBe("rate-refused");
  });

  test("of text that is no address is limited all the same", () => {
    const { limits } = openLimits();
    for (const text of ["", "unix:", "x:y:z", ":".repeat(60), "::1::2:3:4:5:6:7:8:9:a", "1.2.3.4.5:6", "%"]) {
      limits.admit(filter, text);
      expect(limits.admit(filter, text)).toBe("rate-refused");
    }
    expect(limits.admit(filter, "192.0.2.1")).toBe("pass");
  });
});

describe("the connections limit", () => {
  const filter = compileLimits(buildFilter({ connections: 2 }));

  test("counts requests in flight per client", () => {
    const { limits } = openLimits();
    const admit = (address: string) => limits.admit(filter, address);
    expect([admit("192.0.2.1"), admit("192.0.2.1"), admit("192.0.2.1")]).toEqual([
      "pass",
      "pass",
      "connections-refused",
    ]);
    expect(admit("192.0.2.2")).toBe("pass");
    limits.release(filter, "192.0.2.1");
    expect([admit("192.0.2.1"), admit("192.0.2.1")]).toEqual(["pass", "connections-refused"]);
  });

  test("never counts below zero", () => {
    const { limits } = openLimits();
    limits.release(filter, "192.0.2.1");
    limits.admit(filter, "192.0.2.1");
    limits.release(filter, "192.0.2.1");
    limits.release(filter, "192.0.2.1");
    const admissions = Array.from({ length: 3 }, () => limits.admit(filter, "192.0.2.1"));
    expect(admissions).toEqual(["pass", "pass", "connections-refused"]);
  });

  test("is asked after the rates, which a refusal has used up", () => {
    const { limits } = openLimits();
    const both = compileLimits(buildFilter({ requestsPerSecond: { rate: 1, burst: 1 }, connections: 1 }));
    const admissions = Array.from({ length: 3 }, () => limits.admit(both, "192.0.2.1"));
    expect(admissions).toEqual(["pass", "connections-refused", "rate-refused"]);
  });
});

test("clients on the allowlist are never counted", () => {
  const { limits } = openLimits();
  const filter = compileLimits(
    buildFilter({ requestsPerSecond: { rate: 1, burst: 0 }, connections: 1, allowlist: ["192.0.2.0/24", "fd00::/8"] }),
  );
  for (const address of ["192.0.2.7", "fd00::1", "::ffff:192.0.2.7"]) {
    for (let i = 0; i < 5; i++) expect(limits.admit(filter, address)).toBe("pass");
    limits.release(filter, address);
  }
  limits.admit(filter, "198.51.100.1");
  expect(limits.admit(filter, "198.51.100.1")).toBe("rate-refused");
});

describe("a full table", () => {
  test("forgets the client it has not seen for longest", () => {
    const { limits, advance } = openLimits(16);
    const filter = compileLimits(buildFilter({ requestsPerSecond: { rate: 1, burst: 1000 } }));
    const strict = compileLimits(buildFilter({ requestsPerSecond: { rate: 1, burst: 0 } }));
    for (let i = 0; i < 16; i++) {
      limits.admit(filter, `192.0.2.${i}`);
      advance(1);
    }
    limits.admit(filter, "192.0.2.0");
    limits.admit(filter, "198.51.100.1");
    expect(limits.admit(strict, "192.0.2.0")).toBe("rate-refused");
    expect(limits.admit(strict, "192.0.2.2")).toBe("rate-refused");
    expect(limits.admit(strict, "192.0.2.1")).toBe("pass");
  });

  test("never forgets requests in flight, and refuses when it holds nothing else", () => {
    const { limits } = openLimits(16);
    const filter = compileLimits(buildFilter({ connections: 1 }));
    for (let i = 0; i < 16; i++) expect(limits.admit(filter, `192.0.2.${i}`)).toBe("pass");
    expect(limits.admit(filter, "198.51.100.1")).toBe("connections-refused");
    for (let i = 0; i < 16; i++) expect(limits.admit(filter, `192.0.2.${i}`)).toBe("connections-refused");
    limits.release(filter, "192.0.2.3");
    expect(limits.admit(filter, "198.51.100.1")).toBe("pass");
  });
});
