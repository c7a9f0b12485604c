import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitLines } from "../../src/controller/api-source/lines.ts";
import { VersionGate } from "../../src/controller/api-source/version-gate.ts";
import { parseWatchEvent } from "../../src/controller/api-source/watch-event.ts";

const LIMIT_BYTES = 20;

async function split(text: string, cuts: readonly number[]): Promise<readonly string[]> {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
  const lines: string[] = [];
  for await (const line of splitLines(ReadableStream.from(chunks), LIMIT_BYTES)) {
    lines.push(line.kind === "text" ? line.text : "(too long)");
  }
  return lines;
}

describe("lines of a watch", () => {
  test("are the same wherever the stream is cut; long ones are skipped, and the unfinished end is dropped", async () => {
    const line = fc.string({ unit: fc.constantFrom("a", "é", "{", " "), maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(200), { maxLength: 8 }), async (texts, cuts) => {
        const expected = texts
          .slice(0, -1)
          .map((text) => (Buffer.byteLength(text) > LIMIT_BYTES ? "(too long)" : text))
          .filter((text) => text.trim() !== "");
        expect(await split(texts.join("\n"), cuts)).toEqual(expected);
      }),
    );
  });
});

describe("events of a watch", () => {
  test("any text is an event or malformed, and never throws", () => {
    const event = fc.record({
      type: fc.constantFrom("ADDED", "DELETED", "BOOKMARK", "ERROR", "WHAT"),
      object: fc.jsonValue(),
    });
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      event.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(text, (line) => {
        expect(["changed", "deleted", "bookmark", "error", "malformed"]).toContain(parseWatchEvent(line).kind);
      }),
    );
  });
});

describe("the gate of versions", () => {
  test("lets each object only go forward, and never back from its deletion", () => {
    const event = fc.record({
      key: fc.constantFrom("a", "b"),
      version: fc.integer({ min: 1, max: 30 }),
      deleted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const gate = new VersionGate();
        const last = new Map<string, number>();
        gate.reset("5", [["a", "3"]]);
        last.set("a", 3).set("b", 5);
        for (const { key, version, deleted } of events) {
          const admitted = deleted ? gate.admitDeletion(key, String(version)) : gate.admit(key, String(version));
          expect(admitted).toBe(version > (last.get(key) ?? 0));
          if (admitted) last.set(key, version);
        }
      }),
    );
  });

  test("forgets old deletions without letting their ghosts in", () => {
    const gate = new VersionGate();
    gate.reset("1", []);
    for (let i = 2; i < 10_000; i++) gate.admitDeletion(`object-${i}`, String(i));
    expect([gate.admit("object-2", "2"), gate.admit("object-9999", "9998"), gate.admit("new", "10000")]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
