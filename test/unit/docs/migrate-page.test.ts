import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REASONS } from "../../../src/model/reasons.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/migrate.md"), "utf8");
const rows = page.split("\n").filter((line) => /^\|.*\| (?:4|5)\d\d +\|/.test(line));

describe("the page on migrating", () => {
  test("tells what is refused and nginx forwarded", () => {
    expect(rows.length).toBeGreaterThan(10);
  });

  test.each(rows)("names a code that there is: %s", (row) => {
    const code = /`([^`]+)` *\|$/.exec(row)?.[1] ?? "";
    expect(Object.keys(REASONS)).toContain(code);
  });

  test("never asks for Secrets", () => {
    expect(page.match(/kubectl get [^\n]*secret/gi)).toBeNull();
  });
});
