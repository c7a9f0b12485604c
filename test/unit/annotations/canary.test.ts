import { describe, expect, it } from "vitest";
import { fieldOf, PLAIN_POLICY, readAnnotations } from "../../support/builders/read-annotations.ts";

const NO_CANARY = { header: null, cookie: null, weight: 0, weightTotal: 100, affinityBehavior: "sticky" };

describe("canary annotations", () => {
  it.each([
    [{}, NO_CANARY],
    [{ "canary-weight": "30" }, { ...NO_CANARY, weight: 30 }],
    [{ "canary-weight": "500" }, { ...NO_CANARY, weight: 100 }],
    [
      { "canary-weight": "500", "canary-weight-total": "1000" },
      { ...NO_CANARY, weight: 500, weightTotal: 1000 },
    ],
    [{ "canary-by-cookie": "beta" }, { ...NO_CANARY, cookie: "beta" }],
    [{ "canary-by-header": "X-Canary" }, { ...NO_CANARY, header: { kind: "always-never", name: "X-Canary" } }],
    [
      { "canary-by-header": "X-Canary", "canary-by-header-value": "yes please" },
      { ...NO_CANARY, header: { kind: "value", name: "X-Canary", value: "yes please" } },
    ],
    [
      { "canary-by-header": "X-Canary", "canary-by-header-pattern": "^(a|b)$" },
      { ...NO_CANARY, header: { kind: "pattern", name: "X-Canary", pattern: "^(a|b)$" } },
    ],
    [
      { "canary-by-header": "X-Canary", "canary-by-header-value": "v", "canary-by-header-pattern": "p" },
      { ...NO_CANARY, header: { kind: "value", name: "X-Canary", value: "v" } },
    ],
    [{ "canary-by-header-value": "v" }, NO_CANARY],
  ])("%j with canary: true give %j", (annotations, expected) => {
    const { policy, problems } = readAnnotations({ canary: "true", ...annotations });
    expect(policy).toEqual({ ...PLAIN_POLICY, canary: expected });
    expect(problems).toEqual([]);
  });

  it.each([
    ["canary-weight", "-1"],
    ["canary-weight", "10%"],
    ["canary-weight-total", "many"],
    ["canary-by-header", "X Canary"],
    ["canary-by-header", "X-Canary:"],
    ["canary-by-cookie", "a;b"],
    ["canary-by-header-value", "a\u0000b"],
  ])("%s: %j keeps its default and gives one problem", (name, value) => {
    const { policy, problems } = readAnnotations({ canary: "true", [name]: value });
    expect(policy.canary).toEqual(NO_CANARY);
    expect(problems).toMatchObject([{ field: fieldOf(name), effect: "ignored" }]);
  });

  it("counts a total below 100 as 100, with a warning", () => {
    const { policy, problems } = readAnnotations({ canary: "true", "canary-weight": "5", "canary-weight-total": "10" });
    expect(policy.canary).toEqual({ ...NO_CANARY, weight: 5 });
    expect(problems).toMatchObject([{ severity: "warning", effect: "none" }]);
  });

  it("names a pattern that is too large, which is used no more than one that is none", () => {
    const { problems } = readAnnotations({
      canary: "true",
      "canary-by-header": "X-Canary",
      "canary-by-header-pattern": "(a{1,500}){1,2}b{100}",
    });
    expect(problems).toMatchObject([
      { severity: "error", field: fieldOf("canary-by-header-pattern"), message: expect.stringContaining("2000 steps") },
    ]);
  });

  it("keeps a pattern that does not compile, so that requests with the header stay on the main service", () => {
    const { policy, problems } = readAnnotations({
      canary: "true",
      "canary-by-header": "X-Canary",
      "canary-by-header-pattern": "[[][**da?$&*",
    });
    expect(policy.canary?.header).toMatchObject({ kind: "pattern", pattern: "[[][**da?$&*" });
    expect(problems).toMatchObject([{ severity: "error", field: fieldOf("canary-by-header-pattern") }]);
    expect(problems[0]?.message).toContain("main service");
  });

  it.each(["canary-weight", "canary-weight-total", "canary-by-header", "canary-by-cookie", "affinity-canary-behavior"])(
    "%s without canary: true is named and leaves a normal Ingress",
    (name) => {
      const { policy, problems } = readAnnotations({ canary: "false", [name]: "200" });
      expect(policy).toEqual(PLAIN_POLICY);
      expect(problems).toMatchObject([{ severity: "warning", field: fieldOf(name), effect: "ignored" }]);
      expect(problems[0]?.message).toContain('canary: "true"');
    },
  );

  it("is closed when canary itself is broken: as a main Ingress it would take paths past their access control", () => {
    const { policy, problems } = readAnnotations({ canary: "yes" });
    expect(policy).toEqual({ ...PLAIN_POLICY, closed: problems[0]?.message });
    expect(problems).toMatchObject([{ field: fieldOf("canary"), effect: "closed" }]);
  });

  it("may leave the affinity of its main Ingress alone", () => {
    expect(
      readAnnotations({ canary: "true", "affinity-canary-behavior": "legacy" }).policy.canary?.affinityBehavior,
    ).toBe("legacy");
  });
});
