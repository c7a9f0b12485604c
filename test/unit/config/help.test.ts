import { describe, expect, it } from "vitest";
import { FLAGS, formatHelp } from "../../../src/config/config.ts";

describe.each(["controller", "dev"] as const)("the help of headgate %s", (command) => {
  it("names every flag of the command", () => {
    const words = new Set(formatHelp(command, 80, false).split(/[\s,]+/));
    for (const flag of FLAGS) expect(words.has(`--${flag.name}`), flag.name).toBe(flag.commands.includes(command));
  });

  it.each([0, 40, 72, 80, 100, 500])("fits a terminal of %i columns", (width) => {
    const limit = Math.max(40, Math.min(100, width));
    const lines = formatHelp(command, width, false).split("\n");
    expect(
      lines.filter((line) => line.length > limit && line.trim().includes(" ") && !line.startsWith("  --")),
    ).toEqual([]);
  });

  it("is plain text without colour and the same text with it", () => {
    const plain = formatHelp(command, 80, false);
    expect(plain).not.toContain("\u001b");
    expect(formatHelp(command, 80, true).replaceAll(/\u001b\[\d+m/g, "")).toBe(plain);
  });

  it("ends with one line break and has no blanks at line ends", () => {
    const help = formatHelp(command, 80, false);
    expect(help).toMatch(/[^\n]\n$/);
    expect(help).not.toMatch(/ \n/);
  });
});

it("the help tells the dev proxy's own defaults", () => {
  expect(formatHelp("dev", 80, false)).toContain("Default: 8080.");
  expect(formatHelp("controller", 80, false)).toContain("Default: 80.");
});
