import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { checkSync as check } from "recheck";
import { parseSync, type Span, Visitor } from "oxc-parser";
import { expect, test } from "vitest";

/** The build of recheck that is JavaScript only; its entry would look for a Java or native program. */
const { checkSync } = createRequire(import.meta.url)("recheck/lib/browser.js") as { checkSync: typeof check };

const SRC = join(import.meta.dirname, "../../../src");
/** Far more than any of ours needs; one that needs more counts as super-linear. */
const PATIENCE_MS = 120_000;

interface Found {
  readonly pattern: string;
  readonly flags: string;
}

/** The regex literals of a source text, and the places where it makes a regex of a text. */
function regexesOf(code: string): { readonly literals: readonly Found[]; readonly made: readonly string[] } {
  const literals: Found[] = [];
  const made: string[] = [];
  const note = ({ callee, start, end }: { callee: Span; start: number; end: number }): void => {
    if (code.slice(callee.start, callee.end) === "RegExp") made.push(code.slice(start, end));
  };
  new Visitor({
    Literal: (node) => {
      if ("regex" in node) literals.push(node.regex);
    },
    NewExpression: note,
    CallExpression: note,
  }).visit(parseSync("source.ts", code).program);
  return { literals, made };
}

/**
 * Null when the time of a search is linear in the text, whatever the text. Every suspicion counts: trying it out by running the regex against
 * time (`recallTimeout`) is left out, since what that says depends on how busy the machine is.
 */
function complaint({ pattern, flags }: Found): string | null {
  const found = checkSync(pattern, flags, { timeout: PATIENCE_MS, recallTimeout: -1 });
  if (found.status === "safe") return null;
  return `/${pattern}/${flags} is ${found.status === "vulnerable" ? found.complexity.summary : found.error.kind}`;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
const found = files.map((file) => ({ file, ...regexesOf(readFileSync(join(SRC, file), "utf8")) }));

test("no regex of the source takes more than linear time, whatever the text", { timeout: 300_000 }, () => {
  const known = new Map<string, string | null>();
  const complaints = found.flatMap(({ file, literals }) =>
    literals.flatMap((regex) => {
      const key = `${regex.flags} ${regex.pattern}`;
      if (!known.has(key)) known.set(key, complaint(regex));
      const said = known.get(key) ?? null;
      return said === null ? [] : [`${file}: ${said}`];
    }),
  );
  expect(known.size).toBeGreaterThan(50);
  expect(complaints).toEqual([]);
});

test("no V8 regex is made of a text, where nobody could check it", () => {
  expect(found.flatMap(({ file, made }) => made.map((text) => `${file}: ${text}`))).toEqual([]);
});

test.each([
  "/(?:^|[\\s;{}])(?:alias|root)\\s[^;]*;/i",
  "/^[a-z\\n]*={0,2}[\\n]*$/",
  "/\\s+$/",
  "/(a+)+$/u",
  "/x*y*x*z/",
])("the rule sees %s", (literal) => {
  const { literals } = regexesOf(`const x = ${literal};`);
  expect(literals.map(complaint)).toEqual([expect.stringContaining(" is ")]);
});

test("the rule sees regexes that are made", () => {
  expect(regexesOf("f(new RegExp(text), RegExp(`^${a}`));").made).toEqual(["new RegExp(text)", "RegExp(`^${a}`)"]);
});
