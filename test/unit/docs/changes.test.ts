import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { faultOfFragment, gatherFragments, readFragments, SECTIONS, withRelease } from "../../../release/changes.ts";

describe("a release note", () => {
  test.each(readFragments())("$name can be gathered", (fragment) => {
    expect(faultOfFragment(fragment)).toBeNull();
  });

  test.each([
    ["no section", "- Something.\n", 'the first line must be "section: NAME"'],
    ["an unknown section", "section: Trafic\n\n- Something.\n", 'there is no section "Trafic"'],
    ["nothing to tell", "section: Traffic\n\n", "nothing is told"],
    ["text that is no list", "section: Traffic\n\nSomething.\n", '"Something." is neither a list item'],
  ])("with %s is refused in one sentence", (_what, text, words) => {
    expect(faultOfFragment({ name: "x.md", text })).toContain(words);
  });

  test("stands under its section, and sections come in their order", () => {
    const fragments = [
      { name: "b.md", text: "section: Traffic\n\n- Second.\n" },
      { name: "a.md", text: "section: Traffic\n\n- First,\n  on two lines.\n" },
      { name: "c.md", text: "section: Access control\n\n- Guarded.\n" },
    ];
    expect(gatherFragments(fragments)).toBe(
      "### Access control\n\n- Guarded.\n\n### Traffic\n\n- First,\n  on two lines.\n- Second.\n",
    );
  });

  test("is never lost", () => {
    const fragment = fc.record({ section: fc.constantFrom(...SECTIONS), word: fc.stringMatching(/^[a-z]{3,9}$/) });
    fc.assert(
      fc.property(fc.array(fragment), (list) => {
        const texts = list.map(({ section, word }, i) => ({
          name: `${i}.md`,
          text: `section: ${section}\n\n- ${word}\n`,
        }));
        const lines = gatherFragments(texts).split("\n");
        expect(lines.filter((line) => line.startsWith("- ")).toSorted()).toEqual(
          list.map(({ word }) => `- ${word}`).toSorted(),
        );
      }),
    );
  });
});

describe("a release", () => {
  test("stands above the one before it", () => {
    const before = withRelease("# Changelog\n\nWords.\n", "1.0.0 (2026-12-01)", "### Traffic\n\n- One.\n");
    expect(before).toBe("# Changelog\n\nWords.\n\n## 1.0.0 (2026-12-01)\n\n### Traffic\n\n- One.\n");
    expect(withRelease(before, "1.1.0 (2027-01-01)", "- Two.\n")).toBe(
      "# Changelog\n\nWords.\n\n## 1.1.0 (2027-01-01)\n\n- Two.\n\n## 1.0.0 (2026-12-01)\n\n### Traffic\n\n- One.\n",
    );
  });

  test("is written once", () => {
    const text = withRelease("# Changelog\n", "1.0.0", "- One.\n");
    expect(() => withRelease(text, "1.0.0", "- One.\n")).toThrow('has "## 1.0.0" already');
  });
});
