import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLAGS, parseFlags } from "../../src/config/config.ts";

const command = fc.constantFrom("controller" as const, "dev" as const);
const flag = fc.constantFrom(...FLAGS.map(({ name }) => `--${name}`));
const text = fc.oneof(
  fc.string(),
  fc.constantFrom("true", "8080", "a/b", "web=localhost:1", "$(HOME)", "--", "-", "-v"),
);
const argument = fc.oneof(
  flag,
  text,
  fc.tuple(flag, text).map(([name, value]) => `${name}=${value}`),
);

describe("parseFlags", () => {
  it("never throws, and gives frozen configuration or errors that say something", () => {
    fc.assert(
      fc.property(command, fc.array(argument), (name, argv) => {
        const parsed = parseFlags(name, argv, { HOME: "/root" });
        if (parsed.ok) {
          expect(Object.isFrozen(parsed.value)).toBe(true);
          expect(structuredClone(parsed.value)).toEqual(parsed.value);
        } else {
          expect(parsed.error.length).toBeGreaterThan(0);
          for (const { field, message } of parsed.error) expect(field !== "" && message !== "").toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
