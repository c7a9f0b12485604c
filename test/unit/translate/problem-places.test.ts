import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readDocuments } from "../../../src/controller/file-source/document.ts";
import { fieldParts } from "../../../src/controller/file-source/places.ts";
import { isRecord } from "../../../src/kubernetes/parse-fields.ts";

const GOLDEN = resolve(import.meta.dirname, "../../golden");

interface Found {
  readonly object: string;
  readonly field: string;
}

/** Every problem of every golden case that names a field. */
function problemsOf(name: string): readonly Found[] {
  const out = parse(readFileSync(join(GOLDEN, name, "out.yaml"), "utf8")) as Record<string, unknown>;
  const byObject = isRecord(out["problems"]) ? out["problems"] : {};
  return Object.entries(byObject).flatMap(([object, list]) =>
    (list as { readonly field?: string }[]).flatMap(({ field = "" }) => (field === "" ? [] : [{ object, field }])),
  );
}

/** By `Kind namespace/name`. */
function objectsOf(name: string): ReadonlyMap<string, { readonly json: unknown; placeOf(field: string): string }> {
  const text = readFileSync(join(GOLDEN, name, "in.yaml"), "utf8");
  return new Map(
    readDocuments(text).objects.map(({ json, readPlaces }) => {
      const meta = isRecord(json) && isRecord(json["metadata"]) ? json["metadata"] : {};
      const kind = isRecord(json) ? textOf(json["kind"]) : "";
      const namespace = textOf(meta["namespace"] ?? "default");
      return [
        `${kind} ${namespace}/${textOf(meta["name"])}`,
        { json, placeOf: (field) => readPlaces().placeOf(field) },
      ];
    }),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** How many steps of the path lead somewhere in the object. */
function depthIn(json: unknown, parts: readonly string[]): number {
  let value = json;
  for (const [depth, part] of parts.entries()) {
    const inside = Array.isArray(value)
      ? (value as unknown[])[Number(part)]
      : isRecord(value)
        ? value[part]
        : undefined;
    if (inside === undefined) return depth;
    value = inside;
  }
  return parts.length;
}

const cases = readdirSync(GOLDEN, { recursive: true, encoding: "utf8" })
  .filter((path) => basename(path) === "in.yaml")
  .map((path) => dirname(path))
  .filter((name) => problemsOf(name).length > 0);

describe("the field of every problem of translation", () => {
  test("is found in some golden case", () => {
    expect(cases.length).toBeGreaterThan(10);
  });

  test.each(cases)("leads to a value of the object, or to where one is missing, and has a place there: %s", (name) => {
    const objects = objectsOf(name);
    for (const { object, field } of problemsOf(name)) {
      const found = objects.get(object);
      if (found === undefined) continue;
      const parts = fieldParts(field);
      expect([field, depthIn(found.json, parts)]).toEqual([
        field,
        expect.toSatisfy((depth: number) => depth >= parts.length - 1),
      ]);
      // A field of its own has a place of its own.
      expect(found.placeOf(field)).not.toBe(found.placeOf(""));
    }
  });
});
