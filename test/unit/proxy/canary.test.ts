import { describe, expect, test } from "vitest";
import type { CanaryRule } from "../../../src/model/forward.ts";
import { newWork } from "../../../src/patterns/patterns.ts";
import { compileCanary } from "../../../src/proxy/forward/canary.ts";
import { HeaderList } from "../../../src/wire/http/header-list.ts";
import { buildCanary } from "../../support/builders/filter-builder.ts";

function takes(rules: Partial<CanaryRule>, headers: readonly (readonly [string, string])[], random = 0.999): boolean {
  const canary = compileCanary(buildCanary("canary", rules));
  return canary.takes(HeaderList.from(headers), () => random, newWork());
}

const byHeader = { header: { kind: "always-never", name: "X-Canary" } } as const;
const byValue = { header: { kind: "value", name: "X-Canary", value: "blue" } } as const;
const byPattern = { header: { kind: "pattern", name: "X-Region", pattern: "^eu-|-eu$" } } as const;

describe("canary rules", () => {
  test.each([
    ["always takes the canary", byHeader, "always", true],
    ["never keeps the main upstream", byHeader, "never", false],
    ["another value asks the next rule", byHeader, "ALWAYS", false],
    ["the exact value takes the canary", byValue, "blue", true],
    ["with a value set, always means nothing", byValue, "always", false],
  ])("header: %s", (_name, rules, value, expected) => {
    expect(takes(rules, [["x-canary", value]])).toBe(expected);
  });

  test("never beats cookie and weight", () => {
    expect(
      takes({ ...byHeader, cookie: "canary", weight: 100 }, [
        ["X-Canary", "never"],
        ["Cookie", "canary=always"],
      ]),
    ).toBe(false);
  });

  test("a header that says nothing leaves the word to the cookie, then to the weight", () => {
    const rules = { ...byHeader, cookie: "canary", weight: 100 };
    expect(
      takes(rules, [
        ["X-Canary", "?"],
        ["Cookie", "a=1; canary=never"],
      ]),
    ).toBe(false);
    expect(
      takes(rules, [
        ["X-Canary", "?"],
        ["Cookie", "a=1; canary=maybe"],
      ]),
    ).toBe(true);
  });

  test("an underscore in the configured header name equals a dash", () => {
    expect(takes({ header: { kind: "always-never", name: "X_Canary" } }, [["x-canary", "always"]])).toBe(true);
  });

  test("the cookie's name is matched without regard to case", () => {
    expect(takes({ cookie: "Canary" }, [["Cookie", "canary=always"]])).toBe(true);
  });

  test("cookies that came in pieces are read together", () => {
    expect(
      takes({ cookie: "canary" }, [
        ["cookie", "a=1"],
        ["cookie", "canary=always"],
      ]),
    ).toBe(true);
  });

  test.each([
    ["eu-west", true],
    ["x-eu", true],
    ["EU-west", false],
    ["us-east", false],
  ])("pattern: %s → %s (unanchored, case-sensitive)", (value, expected) => {
    expect(takes(byPattern, [["X-Region", value]])).toBe(expected);
  });

  test("a broken pattern keeps every request with that header on the main upstream, and says nothing without it", () => {
    const rules = { header: { kind: "pattern", name: "X-Region", pattern: "(" }, weight: 100 } as const;
    expect(takes(rules, [["X-Region", "eu"]])).toBe(false);
    expect(takes(rules, [])).toBe(true);
  });

  test.each([
    [0, 100, 0, false],
    [1, 100, 0.0099, true],
    [1, 100, 0.01, false],
    [100, 100, 0.9999, true],
    [50, 10, 0.4999, true],
    [50, 10, 0.5, false],
    [1, 1000, 0.001, false],
    [1, 1000, 0.0009, true],
  ])("weight %d of %d with random %d → %s", (weight, weightTotal, random, expected) => {
    expect(takes({ weight, weightTotal }, [], random)).toBe(expected);
  });
});
