import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { Captures } from "../../src/patterns/captures.ts";
import { newWork, NO_MATCH, parsePattern, PathPatternList, PatternList } from "../../src/patterns/patterns.ts";
import { arbitraryBytes, arbitraryJunk, arbitraryPattern } from "../support/builders/arbitrary-patterns.ts";

const texts = fc.array(arbitraryBytes, { minLength: 1, maxLength: 6 });

describe("patterns", () => {
  test("are read where RE2 reads them, and refused where RE2 refuses them", () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryPattern, arbitraryJunk), (pattern) => {
        const read = parsePattern(pattern, "ignore-case");
        fc.pre(isSmall(pattern));
        expect({ pattern, ok: read.ok }).toEqual({ pattern, ok: compiled(pattern, RE2JS.CASE_INSENSITIVE) !== null });
      }),
      { numRuns: 3000 },
    );
  });

  test("match at the start what RE2 matches there, the first one of a list first", () => {
    fc.assert(
      fc.property(fc.array(arbitraryPattern, { minLength: 1, maxLength: 6 }), texts, (patterns, inputs) => {
        fc.pre(patterns.every(isSmall));
        const list = new PatternList(
          patterns.map((pattern) => `^${pattern}`),
          "ignore-case",
        );
        const oracle = patterns.map((pattern) => compiled(`^${pattern}`, RE2JS.CASE_INSENSITIVE));
        for (const text of inputs) {
          const expected = oracle.findIndex((each) => each?.matcher(text).find() === true);
          expect({ text, at: list.find(text, newWork()) }).toEqual({ text, at: expected });
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("with exceptions leave what they except to those behind them", () => {
    const text = fc.constantFrom(
      "/((?!a|b).*)",
      "/a(?!x)",
      "/(?!c)[a-d]+",
      "/((?!ab).*)x",
      "/a",
      "/b.*x$",
      "/(?!a)(?!b).*c",
      "/ab",
      "/[^/]*/",
      "/",
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), texts, (patterns, inputs) => {
        const list = new PathPatternList(patterns.map((pattern) => ({ text: pattern, isClosed: false })));
        const oracle = patterns.map((pattern) => new RegExp(`^${pattern}`, "i"));
        for (const path of inputs.map((input) => `/${input}`)) {
          const expected = oracle.findIndex((each) => each.test(path));
          expect({ path, at: list.find(path, newWork()) }).toEqual({ path, at: expected });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("match anywhere what RE2 finds anywhere, with case", () => {
    fc.assert(
      fc.property(arbitraryPattern, texts, (pattern, inputs) => {
        fc.pre(isSmall(pattern));
        const list = new PatternList([pattern], "match-case");
        const oracle = compiled(pattern, 0);
        for (const text of inputs) {
          const expected = oracle?.matcher(text).find() === true ? 0 : NO_MATCH;
          expect({ text, at: list.find(text, newWork()) }).toEqual({ text, at: expected });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("take the groups that RE2 takes", () => {
    fc.assert(
      fc.property(arbitraryPattern, texts, (pattern, inputs) => {
        fc.pre(isSmall(pattern));
        const read = parsePattern(pattern, "ignore-case");
        const oracle = compiled(pattern, RE2JS.CASE_INSENSITIVE);
        expect(read.ok).toBe(oracle !== null);
        if (!read.ok || oracle === null) return;
        const captures = new Captures(read.value);
        for (const text of inputs) {
          expect({ text, groups: captures.find(text, newWork()) }).toEqual({ text, groups: groupsOf(oracle, text) });
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** What is refused for its size alone is of no interest here. */
function isSmall(pattern: string): boolean {
  return [pattern, `^${pattern}`].every((text) => {
    const read = parsePattern(text, "ignore-case");
    return read.ok || read.error.kind === "syntax";
  });
}

function compiled(pattern: string, flags: number): RE2JS | null {
  try {
    return RE2JS.compile(Buffer.from(pattern, "utf8").toString("latin1"), flags);
  } catch {
    return null;
  }
}

function groupsOf(pattern: RE2JS, text: string): readonly string[] {
  const matcher = pattern.matcher(text);
  if (!matcher.find()) return [];
  return Array.from({ length: Math.min(9, matcher.groupCount()) + 1 }, (_, group) => matcher.group(group) ?? "");
}
