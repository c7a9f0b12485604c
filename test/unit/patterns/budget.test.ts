import { describe, expect, test } from "vitest";
import {
  checkPathPattern,
  compilePathPattern,
  newWork,
  NO_MATCH,
  OVER_BUDGET,
  PATTERN_LIMITS,
  PathPatternList,
  PatternList,
  type PatternWork,
  REQUEST_STEPS,
} from "../../../src/patterns/patterns.ts";
import { seededRandom } from "../../support/servers/upstream-fakes.ts";

const open = (text: string): { text: string; isClosed: boolean } => ({ text, isClosed: false });
const closed = (text: string): { text: string; isClosed: boolean } => ({ text, isClosed: true });
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const unlimited = (): PatternWork => ({ patternStepsLeft: Number.MAX_SAFE_INTEGER });

/** 8 KB without any order, so that no state comes twice. */
const random = seededRandom(7);
const LONG_PATH = `/${times(8191, () => String.fromCharCode(97 + Math.floor(random() * 26))).join("")}`;

describe("the steps of one request", () => {
  test.each([
    ["fifty long repetitions", times(50, (i) => `/.*[a-z]{900}x${i}$`)],
    ["loops in loops", times(50, (i) => `/(?:.*[a-z]+)+(?:a|b)*[a-z]{900}x${i}$`)],
    ["much that may be left out", times(20, (i) => `/(?:[a-z]?){990}x${i}$`)],
    ["a window behind some letters", times(90, (i) => `/.*[a-m][a-z]{400}x${i}$`)],
    ["word edges", times(50, (i) => `/(?:.*\\B.{0,400}\\B){2}x${i}$`)],
  ])("are bounded: %s", (_name, patterns) => {
    const list = new PathPatternList(patterns.map(open));
    for (let request = 0; request < 3; request++) {
      const work = newWork();
      expect(list.find(LONG_PATH, work)).toBe(OVER_BUDGET);
      expect(work.patternStepsLeft).toBeLessThan(0);
      expect(work.patternStepsLeft).toBeGreaterThan(-3 * PATTERN_LIMITS.hostSteps);
    }
  });

  test("are enough for ordinary paths among the worst patterns", () => {
    const list = new PathPatternList([...times(50, (i) => open(`/.*[a-z]{900}x${i}$`)), open("/shop/(.*)")]);
    expect(list.find("/shop/cart/and/what/is/in/it?", newWork())).toBe(50);
  });

  test("are no more for thousands of ordinary paths than for their letters, and none for a path like one before", () => {
    const list = new PathPatternList(times(2000, (i) => open(`/[^/]+/(service)-${i}(/|$)(.*)`)));
    const first = newWork();
    expect(list.find("/tenant/service-1234/x", first)).toBe(1234);
    expect(REQUEST_STEPS - first.patternStepsLeft).toBeLessThan(1000);
    const second = newWork();
    expect(list.find("/tenant/service-1234/y/z", second)).toBe(1234);
    expect(second.patternStepsLeft).toBe(REQUEST_STEPS);
  });

  test("are shared by everything that the request asks", () => {
    const list = new PathPatternList(times(20, (i) => open(`/.*[a-z]{400}x${i}$`)));
    const work = newWork();
    const answers = times(30, (i) => list.find(LONG_PATH.slice(0, 300 + i), work));
    expect(answers.at(0)).toBe(NO_MATCH);
    expect(answers.at(-1)).toBe(OVER_BUDGET);
  });
});

describe("what is known of states", () => {
  test("is right when there was more than there is room for", () => {
    const list = new PatternList(["a[ab]{11}x$", "b[ab]{11}$"], "match-case");
    const letters = times(40_000, (i) => (((i * 2654435761) >>> 7) % 2 === 0 ? "a" : "b")).join("");
    for (const end of ["", "x", "c", "ax"]) {
      const text = letters + end;
      const expected = /a[ab]{11}x$/.test(text) ? 0 : /b[ab]{11}$/.test(text) ? 1 : NO_MATCH;
      expect(list.find(text, unlimited())).toBe(expected);
    }
  });
});

describe("classes of characters", () => {
  test("are told apart, however many there are", () => {
    const letters = (n: number): string[] => times(11, (bit) => (n & (1 << bit) ? String.fromCharCode(97 + bit) : ""));
    const patterns = times(2046, (i) => `/${i}[${letters(i + 1).join("")}]$`);
    const list = new PathPatternList(patterns.map(open));
    const wrong = times(2046, (i) => i).filter((i) =>
      letters(2047).some((letter, bit) => {
        const expected = ((i + 1) & (1 << bit)) !== 0 ? i : NO_MATCH;
        return list.find(`/${i}${letter}`, unlimited()) !== expected;
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe("the size of a pattern", () => {
  test.each([
    "/1(a{1,500}){1,2}b",
    "/(?:[a-z]{40}[0-9]{40}){25}/(a{500}){2}",
    `/${"(ab|cd)".repeat(700)}`,
    "/x{1000}y{1000}z",
  ])("is limited before anything is compiled: %s", (text) => {
    const checked = checkPathPattern(text);
    expect(checked).toEqual({ ok: false, error: expect.stringContaining("the path is too large as a regex") });
  });

  test.each([
    "/a{1,500}",
    "/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    `/(${times(150, (i) => `word${i}`).join("|")})/`,
  ])("leaves room for what is in use: %s", (text) => {
    expect(checkPathPattern(text)).toMatchObject({ ok: true });
  });

  test("closes what a pattern beyond it may have meant, case and all", () => {
    const pattern = compilePathPattern("/admin/(a{1,500}){1,2}b");
    const matches = (path: string): boolean => pattern.matches(path, path.toLowerCase());
    expect([matches("/admin/aab"), matches("/Admin/x"), matches("/other")]).toEqual([true, true, false]);
  });
});

describe("the size of a host", () => {
  const big = (i: number): string => `/b${i}/[a-z]{1000}${"(?:x|y)".repeat(100)}`;

  test("makes covers of closed routes for which there is no room", () => {
    const list = new PathPatternList([open("/open/(.*)"), ...times(200, (i) => closed(big(i))), open("/")]);
    expect(list.find("/open/x", newWork())).toBe(0);
    // The first are whole, the last are what they begin with.
    expect(list.find("/b0/no", newWork())).toBe(201);
    expect(list.find("/b199/no", newWork())).toBe(200);
  });

  test("never makes a cover smaller than it must be, however many there are", () => {
    const list = new PathPatternList(times(2000, (i) => closed(`/n${i}/${"long".repeat(200)}(?!x)|/or-${i}(?!y)`)));
    expect(list.find("/anything", newWork())).toBe(0);
  });
});
