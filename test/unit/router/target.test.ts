import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forwardedPath, parseTarget, readingsOf, type TargetView } from "../../../src/router/router.ts";

describe("a request target", () => {
  test.each([
    ["/a/b?x=1", "/a/b", "/a/b?x=1"],
    ["/a%2Fb", "/a/b", "/a%2Fb"],
    ["/a//b", "/a/b", "/a//b"],
    ["/a/../b", "/b", "/b"],
    ["/a/%2e%2E/b", "/b", "/b"],
    ["/a/b/..", "/a/", "/a/"],
    ["/a/./b/.", "/a/b/", "/a/b/"],
    ["/a%2Fb/../c", "/c", "/c"],
    ["/x//../y", "/y", "/y"],
    ["/%61?q=%zz", "/a", "/%61?q=%zz"],
    ["/a.b/.c/d..e", "/a.b/.c/d..e", "/a.b/.c/d..e"],
    ['/a"b', '/a"b', "/a%22b"],
    ["/a{b}|c", "/a{b}|c", "/a%7Bb%7D%7Cc"],
    ["/caf%C3%A9", "/caf\u00c3\u00a9", "/caf%C3%A9"],
    ["/?a=//b/../c", "/", "/?a=//b/../c"],
    ["/caf\u00c3\u00a9", "/caf\u00c3\u00a9", "/caf%C3%A9"],
    ["/a\\b", "/a\\b", "/a%5Cb"],
    ["/a^b`c<d>", "/a^b`c<d>", "/a%5Eb%60c%3Cd%3E"],
    ["/%C3\u00a9%7b{", "/\u00c3\u00a9{{", "/%C3%A9%7b%7B"],
    ["/?q=\u00e9\\%zz%C3", "/", "/?q=%E9%5C%zz%C3"],
    ['/a?q={"a":[1]}&b=?|^', "/a", "/a?q=%7B%22a%22:[1]%7D&b=?%7C%5E"],
    ["/\u0080\u00ff", "/\u0080\u00ff", "/%80%FF"],
  ])("%s matches as %s and is forwarded as %s", (target, path, forwardTarget) => {
    const view = read(target);
    expect(view.path).toBe(path);
    expect(view.forwardTarget).toBe(forwardTarget);
  });

  test.each([
    ["", "target-not-origin-form"],
    ["a", "target-not-origin-form"],
    ["/..", "above-root"],
    ["/a/../../b", "above-root"],
    ["/%2e%2e/b", "above-root"],
    ["/a%00b", "nul-escape"],
    ["/a%2", "bad-escape"],
    ["/a%g0", "bad-escape"],
    ["/a#b", "fragment"],
    ["/a b", "bad-character"],
    ["/a\u0100", "bad-character"],
    ["/a\tb", "bad-character"],
    ["/a\\..\\b", "hidden-dot-segment"],
    ["/a?b\u007f", "bad-character"],
    ["/a/..%2fb", "hidden-dot-segment"],
    ["/a/x%2f..", "hidden-dot-segment"],
    ["/a/..%5Cb", "hidden-dot-segment"],
    ["/a/..;x/b", "hidden-dot-segment"],
  ])("%j is refused: %s", (target, code) => {
    expect(parseTarget(target)).toEqual({ ok: false, error: { status: 400, code } });
  });

  test("longer than 8 KiB is refused with 414", () => {
    expect(parseTarget(`/${"a".repeat(8192)}`)).toEqual({ ok: false, error: { status: 414, code: "target-too-long" } });
  });

  test.each(["/a/b.html?x=%2e%2e", "/.well-known/x", "/a/./b", "/a?q=\u00e9", "/a/../b?x;y"])(
    "%j has one reading, and asks for no other",
    (target) => {
      expect(read(target).isPlain).toBe(true);
      expect(readingsOf(forwardedPath(read(target)))).toEqual([read(target).path]);
    },
  );

  test.each([
    ["/a;x=1/b", "/a/b"],
    ["/a/%252e%252e/b", "/b"],
    ["/a%2Fb", "/a%2Fb"],
    ["/a//b", "/a//b"],
    ["/a%5Cb", "/a/b"],
    ["/a\\b", "/a/b"],
    ["/;/admin", "/admin"],
    ["/;x/admin", "/admin"],
    ["/%3b/admin", "/admin"],
    ["/x/../;/admin", "/admin"],
    ["/%253b/admin", "/admin"],
    ["//x/admin", "/admin"],
    ["///x/admin", "/admin"],
    ["/%2Fx/admin", "/admin"],
    ["/\\x/admin", "/admin"],
    ["/%5c%5cx/admin", "/admin"],
    ["/;a/x/admin", "/admin"],
    ["/x/%252e%252e;/admin", "/admin"],
    ["/admin%252fx/%252e%252E/b", "/b"],
    ["/admin%3Fx", "/admin"],
    ["/admin%2523", "/admin"],
    ["/ad%0Amin", "/admin"],
    ["/%c0%afx/%c0%ae%C0%AE/admin", "/admin"],
  ])("%s is also read as %s", (target, reading) => {
    const view = read(target);
    expect(view.isPlain).toBe(false);
    expect(readingsOf(forwardedPath(view))).toContain(reading);
  });

  test("a path that can be read in too many ways has no list of them", () => {
    expect(readingsOf("//x;%2f".repeat(1000))).toBeNull();
    expect(readingsOf("/a;v=1/b;w=2/c%20d//e%2Ff".repeat(20))).not.toBeNull();
  });

  test("never makes the parser throw, and its path is always clean", () => {
    const piece = fc.constantFrom(
      "/",
      "//",
      ".",
      "..",
      "%2e",
      "%2F",
      "%5c",
      "%00",
      "%41",
      "a",
      ";",
      "?",
      "%",
      "\u00e9",
      '"{|}',
      "\\",
      "%c3",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 20 }).map((all) => `/${all.join("")}`),
        ),
        (target) => {
          const parsed = parseTarget(target);
          if (!parsed.ok) return;
          const { path, forwardTarget } = parsed.value;
          expect(path.startsWith("/")).toBe(true);
          expect(path).not.toMatch(/\/\/|\0/);
          expect(path.split("/").some((segment) => segment === "." || segment === "..")).toBe(false);
          expect(forwardTarget).toMatch(/^\/[\x21-\x7e]*$/);
          expect(parseTarget(forwardTarget)).toMatchObject({ ok: true, value: { path } });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function read(target: string): TargetView {
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(`refused: ${parsed.error.code}`);
  return parsed.value;
}
