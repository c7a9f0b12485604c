import { describe, expect, test } from "vitest";
import { coverOf } from "../../../src/patterns/pattern-cover.ts";
import { checkPathPattern, compilePathPattern } from "../../../src/patterns/patterns.ts";

describe("a pattern that is refused", () => {
  test.each([
    ["/admin(?<!x)", ["/admin", "/ADMIN/x", "/admin-too"], ["/adm", "/other"]],
    ["/admin/(?<!x)(a|b)", ["/admin/a"], ["/admin", "/a"]],
    ["/admins*+x", ["/admin", "/adminsx"], ["/admi"]],
    ["/one(?<!x)|/two(?<!x)", ["/one", "/two", "/below/two"], ["/three"]],
    ["/a[|](?<!x)", ["/a|"], ["/b"]],
    ["/a\\|b(?<!x)", ["/a|b"], ["/b"]],
  ])("%s takes what begins as it surely does", (pattern, taken, left) => {
    expect(checkPathPattern(pattern).ok).toBe(false);
    expect(taken.filter((path) => !matches(pattern, path))).toEqual([]);
    expect(left.filter((path) => matches(pattern, path))).toEqual([]);
  });

  test.each([
    "/(?<!x)admin",
    "/(.)\\1",
    "(?<!x)/admin",
    "/one(?<!x)|",
    "/one|.*(?<!x)",
    "^/admin(?<!x)",
    "admin(",
    "/one\\Q[\\E|/two(",
    "/one(?#()|/two(?<!x)",
    "/one)|(/two",
    "/one[|/two",
  ])("%s takes every path, since nothing of it is certain", (pattern) => {
    expect(checkPathPattern(pattern).ok).toBe(false);
    expect(["/", "/admin", "/x/y"].filter((path) => !matches(pattern, path))).toEqual([]);
  });

  test("is judged in time that grows with its length alone", () => {
    const long = `${"/a".repeat(500_000)}${"(".repeat(100_000)}|${"[".repeat(100_000)}`;
    expect(coverOf(long, 1000)).toBe("");
  });
});

describe("a pattern that is used", () => {
  test("has its first alternative alone anchored, as ingress-nginx writes it", () => {
    expect(["/one/x", "/two", "/x/two"].filter((path) => !matches("/one|/two", path))).toEqual([]);
    expect(matches("/one|/two", "/x/one")).toBe(false);
  });
});

function matches(pattern: string, path: string): boolean {
  return compilePathPattern(pattern).matches(path, path.toLowerCase());
}
