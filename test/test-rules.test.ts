import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { expect, test } from "vitest";

const TEST = import.meta.dirname;

/** What makes a test depend on how fast the machine is → what to use instead. */
const TIMED: Readonly<Record<string, string>> = {
  setTimeout: "wait for the thing itself: test/support/waiting/waiting.ts",
  "performance.now": "count work or check the order",
  "vi.waitFor": "its second is too short on a busy machine: untilTrue of test/support/waiting/waiting.ts",
};
const TIMER_MODULES = new Set(["node:timers", "node:timers/promises", "timers", "timers/promises"]);

/** Helpers, and the lab of the stories, which runs programs and waits for them. */
const NO_TESTS = ["support/", "kubernetes/lab/", "kubernetes/run.ts", "kubernetes/cluster.ts", "kubernetes/story.ts"];

const files = readdirSync(TEST, { recursive: true, encoding: "utf8" }).filter(
  (path) => path.endsWith(".ts") && !NO_TESTS.some((place) => path.startsWith(place)),
);

test("no test sleeps or measures time", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(
    files.flatMap((file) => timedParts(readFileSync(join(TEST, file), "utf8")).map((part) => `${file}: ${part}`)),
  ).toEqual([]);
});

test.each([
  ["setTimeout(done, 5);", "setTimeout"],
  ["globalThis.setTimeout(done, 5);", "setTimeout"],
  ['import { setTimeout as sleep } from "node:timers/promises";', "setTimeout"],
  ["const startMs = performance.now();", "performance.now"],
  ["await vi.waitFor(() => done);", "vi.waitFor"],
])("the rule sees %s", (code, name) => {
  expect(timedParts(code)).toEqual([`${name}: ${TIMED[name]}`]);
});

test("the rule lets a turn of the event loop pass", () => {
  expect(timedParts('import { setImmediate as turn } from "node:timers/promises"; await turn();')).toEqual([]);
});

function timedParts(code: string): string[] {
  const { program, module } = parseSync("test.ts", code);
  const names = module.staticImports
    .filter((statement) => TIMER_MODULES.has(statement.moduleRequest.value))
    .flatMap((statement) => statement.entries.map((entry) => entry.importName.name ?? "setTimeout"));
  new Visitor({
    CallExpression: ({ callee }) => {
      names.push(code.slice(callee.start, callee.end).replace(/^globalThis\./, ""));
    },
  }).visit(program);
  return names.filter((name) => Object.hasOwn(TIMED, name)).map((name) => `${name}: ${TIMED[name]}`);
}
