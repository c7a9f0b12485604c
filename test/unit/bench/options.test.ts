import { describe, expect, test } from "vitest";
import { parseOptions } from "../../../bench/compare/options.ts";

function options(...args: readonly string[]): Exclude<ReturnType<typeof parseOptions>, string> {
  const parsed = parseOptions(args);
  if (typeof parsed === "string") throw new Error("got the help text");
  return parsed;
}

describe("the options of the benchmark", () => {
  test("ask for seven rounds of everything, into bench/", () => {
    const { rounds, seconds, only, rivals, memory, outputFolder } = options();
    expect([rounds, seconds, only, rivals, memory]).toEqual([7, 1, [], [], "measure"]);
    expect(outputFolder).toMatch(/bench$/);
  });

  test("that ask for a part do not overwrite the results of the whole", () => {
    expect(options("--only", "tls").outputFolder).toMatch(/\.headgate\/bench$/);
    expect(options("--rivals", "headgate").outputFolder).toMatch(/\.headgate\/bench$/);
  });

  test("that ask for scenarios measure memory only when they name it", () => {
    expect([options("--only", "tls").memory, options("--only", "memory").memory]).toEqual(["skip", "measure"]);
  });

  test.each(["0", "-1", "1.5", "many"])("refuse %s rounds", (text) => {
    expect(() => parseOptions([`--rounds=${text}`])).toThrow("whole number");
  });

  test("answer --help with every option", () => {
    const help = parseOptions(["--help"]);
    for (const name of ["rounds", "seconds", "only", "rivals", "no-memory", "syscalls", "node-options", "output"]) {
      expect(help).toContain(`--${name}`);
    }
  });
});
