import { describe, expect, it } from "vitest";
import { nearestName } from "../../../src/lib/nearest-name.ts";

const NAMES = ["use-regex", "app-root", "auth-url"];

describe("nearestName", () => {
  it.each([
    ["use-regex", "use-regex"],
    ["use-regx", "use-regex"],
    ["user-regexx", "use-regex"],
    ["USE-REGEX", "use-regex"],
    ["atuh-url", "auth-url"],
    ["ap-roots", "app-root"],
  ])("finds %s near %s", (text, expected) => {
    expect(nearestName(text, NAMES)).toBe(expected);
  });

  it.each(["", "use", "use-regular", "x".repeat(1_000_000)])(
    "finds nothing near a text that differs more (row %#)",
    (text) => {
      expect(nearestName(text, NAMES)).toBeNull();
    },
  );

  it("takes the nearest of several", () => {
    expect(nearestName("abcd", ["abxy", "abcx"])).toBe("abcx");
  });
});
