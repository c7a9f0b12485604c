import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkPathPattern, compileCaptures, compilePathPattern, newWork } from "../../src/patterns/patterns.ts";

/** V8's engine backtracks and knows look-aheads: an oracle for short texts, and for nothing else. */
const piece = fc.constantFrom(
  "a",
  "b",
  "A",
  "/",
  ".",
  "[ab]",
  "\\.",
  "\\w",
  "(?:a)",
  "a|b",
  "a*",
  "b+",
  "a?",
  "(a)",
  "(?:a|b)",
  "$",
);
const body = fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(""));
const lookAhead = body.map((text) => `(?!${text})`);
const part: fc.Arbitrary<string> = fc.oneof({ weight: 5, arbitrary: piece }, { weight: 2, arbitrary: lookAhead });
const group = fc
  .tuple(
    fc.constantFrom("(", "(?:"),
    fc.array(part, { maxLength: 4 }),
    fc.constantFrom(")", ")", ")", ")?", ")*", ")+"),
  )
  .map(([open, parts, close]) => open + parts.join("") + close);
const pattern = fc
  .array(fc.oneof({ weight: 3, arbitrary: part }, { weight: 2, arbitrary: group }), { minLength: 1, maxLength: 5 })
  .map((parts) => `/${parts.join("")}`)
  .filter((text) => text.includes("(?!"));
const path = fc
  .array(fc.constantFrom("a", "b", "A", "/", ".", "c"), { maxLength: 6 })
  .map((parts) => `/${parts.join("")}`);

describe("a negative look-ahead", () => {
  test("takes what V8 takes, with the same groups, or is refused and then covers at least that", () => {
    let used = 0;
    fc.assert(
      fc.property(pattern, fc.array(path, { minLength: 1, maxLength: 10 }), (text, paths) => {
        const oracle = new RegExp(`^${text}`, "i");
        const usable = checkPathPattern(text).ok;
        const compiled = compilePathPattern(text);
        const captures = compileCaptures(text);
        if (usable) used++;
        for (const one of paths) {
          const expected = oracle.exec(one);
          const matches = compiled.matches(one, one.toLowerCase());
          if (!usable) {
            expect(matches || expected === null, `${text} closes ${one}`).toBe(true);
            continue;
          }
          expect(matches, `${text} takes ${one}`).toBe(expected !== null);
          if (expected === null) continue;
          const groups = captures(one, newWork()) ?? [];
          expect(groups.slice(1), `groups of ${text} in ${one}`).toEqual(
            [...expected].slice(1, 10).map((value: string | undefined) => value ?? ""),
          );
        }
      }),
      { numRuns: 3000 },
    );
    expect(used).toBeGreaterThan(300);
  });

  test.each([
    ["/((?!public|static).*)", ["/private", "/x/public", "/"], ["/public", "/PUBLIC/x", "/staticfiles"]],
    ["/api/v1/((?!health|ready).*)", ["/api/v1/users", "/API/v1/"], ["/api/v1/health", "/api/v1/ready/x", "/api/v2/x"]],
    ["/(?!admin)(.*)", ["/shop"], ["/admin", "/administrator"]],
    ["/((?!a$)(?!b/).*)", ["/ab", "/b"], ["/a", "/b/x"]],
    ["/[a-z]{1}x", [], []],
    ["/(?:v[12]/(?!internal(/|$)))(.*)", ["/v1/internals", "/v2/x"], ["/v1/internal", "/v2/internal/x"]],
  ])("%s is served by two linear expressions", (text, taken, left) => {
    expect(checkPathPattern(text).ok).toBe(true);
    const compiled = compilePathPattern(text);
    expect(taken.filter((one) => !compiled.matches(one, one.toLowerCase()))).toEqual([]);
    expect(left.filter((one) => compiled.matches(one, one.toLowerCase()))).toEqual([]);
  });

  test.each([
    "/a*(?!b)c",
    "/(a|b(?!c))",
    "/((?!a)x|y)",
    "/((?!a).)*",
    "/((?!a).*)?",
    "/(?:x|yy)(?!a)",
    "/a(?!(?<!b)c)",
    "/a(?=b)(?!c)",
    "/(?!a)*b",
    "/\\Q(\\E(?!a)",
    "/\\b(?!a)",
    "/(?!a",
  ])("%s cannot be taken apart, and stays closed", (text) => {
    expect(checkPathPattern(text).ok).toBe(false);
    expect(compilePathPattern(text).matches("/a", "/a")).toBe(true);
  });

  test("fills the groups of a rewrite as if it were not there", () => {
    expect(compileCaptures("/((?!(x)|y)(.*))/(z)")("/ab/z", newWork())).toEqual(["/ab/z", "ab", "", "ab", "z"]);
  });

  test("is taken out in time that grows with the length of the text alone", () => {
    expect(checkPathPattern(`/${"(?!a)".repeat(50_000)}`).ok).toBe(false);
    expect(checkPathPattern(`/${"((?!".repeat(50_000)}`).ok).toBe(false);
  });
});
