import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONFIG_KEYS, parseConfigMap } from "../../src/annotations/annotations.ts";
import { CONFIG_MAP } from "../support/builders/read-annotations.ts";

const key = fc.oneof(
  fc.constantFrom(...CONFIG_KEYS.map(({ name }) => name)),
  fc.string(),
  fc.constantFrom("__proto__"),
);
const likely = fc.constantFrom(
  "true",
  "false",
  "",
  "0",
  "-1",
  "429",
  "10m",
  "10.0.0.0/8",
  "a,b",
  "\r\n",
  "\u0000",
  "off",
);
const text = fc.oneof(likely, fc.string(), fc.string({ unit: "binary" }));
const data = fc.array(fc.tuple(key, text), { maxLength: 20 }).map((pairs) => new Map(pairs));

describe("parseConfigMap", () => {
  it("never throws, gives plain data and names each key at most once", () => {
    fc.assert(
      fc.property(data, (given) => {
        const { settings, problems } = parseConfigMap(given, CONFIG_MAP);
        expect(structuredClone(settings)).toEqual(settings);
        expect(new Set(problems.map(({ field }) => field)).size).toBe(problems.length);
        expect(problems.length).toBeLessThanOrEqual(given.size);
      }),
      { numRuns: 500 },
    );
  });

  it("does not depend on the order of the keys", () => {
    fc.assert(
      fc.property(data, (given) => {
        const reversed = new Map([...given].reverse());
        const { settings } = parseConfigMap(reversed, CONFIG_MAP);
        const { closedReason } = settings.translation;
        const straight = parseConfigMap(given, CONFIG_MAP).settings;
        expect(settings).toEqual({ ...straight, translation: { ...straight.translation, closedReason } });
      }),
    );
  });

  it("closes exactly when a problem says so", () => {
    fc.assert(
      fc.property(data, (given) => {
        const { settings, problems } = parseConfigMap(given, CONFIG_MAP);
        expect(settings.translation.closedReason !== null).toBe(problems.some(({ effect }) => effect === "closed"));
      }),
      { numRuns: 500 },
    );
  });
});
