import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { readDocuments } from "../../src/controller/file-source/document.ts";
import { fieldParts } from "../../src/controller/file-source/places.ts";

const key = fc.oneof(
  fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9]{0,8}$/),
  fc.stringMatching(/^[a-z.]{1,8}\/[a-z.-]{1,8}$/),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const step = fc.oneof(key, fc.nat(20));

/** A path as the parsers write it. */
function fieldOf(steps: readonly (string | number)[]): string {
  return steps.reduce<string>((path, part) => {
    if (typeof part === "number") return `${path}[${part}]`;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(part)) return `${path}[${JSON.stringify(part)}]`;
    return path === "" ? part : `${path}.${part}`;
  }, "");
}

test("the steps of a field's path are those it was written from", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      expect(fieldParts(fieldOf(steps))).toEqual(steps.map(String));
    }),
  );
});

test("any text is read as a path, in one pass", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("[", "]", '"', ".", "\\", "a", "1"), maxLength: 40 }), (text) => {
      expect(fieldParts(text).join("").length).toBeLessThanOrEqual(text.length);
    }),
  );
  expect(fieldParts("[".repeat(1_000_000)).length).toBe(1);
});

test("every value of a document has the place where it is written", () => {
  const leaf = fc.stringMatching(/^[a-z]{3,8}$/);
  const { tree: value } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: "small" }, leaf, tie("map"), tie("list")),
    map: fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie("tree"), { minKeys: 1, maxKeys: 4 }),
    list: fc.array(tie("tree"), { minLength: 1, maxLength: 4 }),
  }));
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), value, { minKeys: 1 }),
      fc.boolean(),
      (json, asJson) => {
        const text = asJson ? JSON.stringify(json, null, 1) : stringify(json);
        const tree = readDocuments(text).objects[0]?.readPlaces();
        if (tree === undefined) throw new Error("nothing was read");
        const lines = text.split("\n");
        for (const [steps, value] of leavesOf(json, [])) {
          const [line = 0, column = 0] = tree.placeOf(fieldOf(steps)).split(":").map(Number);
          expect(
            lines[line - 1]
              ?.slice(column - 1)
              .replace(/^"/, "")
              .startsWith(value),
          ).toBe(true);
        }
      },
    ),
  );
});

function leavesOf(
  json: unknown,
  steps: readonly (string | number)[],
): readonly [readonly (string | number)[], string][] {
  if (typeof json === "string") return [[steps, json]];
  if (Array.isArray(json)) return json.flatMap((item, index) => leavesOf(item, [...steps, index]));
  return Object.entries(json as Record<string, unknown>).flatMap(([name, item]) => leavesOf(item, [...steps, name]));
}
