import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseCoding, type Offer } from "../../src/proxy/filters/compression/accept-encoding.ts";

const BOTH: Offer = { gzip: true, br: true };

/** RFC 9110 §12.5.3 and §12.4.2, read slowly. */
function chooseNaively(accept: string, offer: Offer): string | null {
  const weights = new Map<string, number>();
  for (const item of accept.split(",").slice(0, 32)) {
    const [name = "", ...rest] = item.split(";");
    const parameter = rest.join(";").replaceAll(/^[ \t]+|[ \t]+$/g, "");
    const isWeight = /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/i.test(parameter);
    const weight = rest.length === 0 ? 1 : isWeight ? Number(parameter.slice(2)) : 0;
    const key = name
      .trim()
      .toLowerCase()
      .replace(/^x-gzip$/, "gzip");
    weights.set(key, Math.max(weight, weights.get(key) ?? 0));
  }
  const taken = ["br", "gzip"]
    .filter((name) => offer[name as keyof Offer])
    .map((name) => ({ name, weight: weights.get(name) ?? weights.get("*") ?? 0 }))
    .filter(({ weight }) => weight > 0 && weight >= (weights.get("identity") ?? 0))
    .toSorted((a, b) => b.weight - a.weight);
  return taken[0]?.name ?? null;
}

const name = fc.constantFrom("gzip", "x-gzip", "GZip", "br", "BR", "identity", "*", "deflate", "zstd", "gzipped", "");
const space = fc.constantFrom("", " ", "\t", "  ");
const weight = fc.constantFrom(
  "",
  ";q=0",
  ";q=0.0",
  "; Q=1",
  ";q=0.5",
  ";q=0.999",
  ";q=1.001",
  ";q=2",
  ";q=x",
  ";a=b",
  ";",
);
const item = fc.tuple(space, name, space, weight, space).map((parts) => parts.join(""));
const field = fc.oneof(
  fc.array(item, { maxLength: 40 }).map((items) => items.join(",")),
  fc.string({ unit: "binary-ascii", maxLength: 60 }),
);
const offer = fc.record({ gzip: fc.boolean(), br: fc.boolean() });

describe("the coding of an answer", () => {
  test("is the one that a slow reader of the RFC finds, for every field", () => {
    fc.assert(
      fc.property(field, offer, (accept, offered) => {
        expect(chooseCoding(accept, offered)).toBe(chooseNaively(accept, offered));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    [undefined, null],
    ["", null],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip;q=1, br;q=0.5", "gzip"],
    ["gzip;q=0", null],
    ["*", "br"],
    ["*, br;q=0", "gzip"],
    ["identity", null],
    ["identity, gzip;q=0.5", null],
    ["identity;q=0.5, gzip", "gzip"],
    ["x-gzip", "gzip"],
  ])("of a client that sends %j is %j", (accept, coding) => {
    expect(chooseCoding(accept, BOTH)).toBe(coding);
  });

  test("is never one that is not offered", () => {
    expect(chooseCoding("gzip, br", { gzip: true, br: false })).toBe("gzip");
    expect(chooseCoding("br", { gzip: true, br: false })).toBeNull();
  });

  test("is found in a field of any length in one walk", () => {
    expect(chooseCoding(`${",".repeat(100_000)}gzip`, BOTH)).toBeNull();
    expect(chooseCoding(`gzip${" ".repeat(100_000)}`, BOTH)).toBe("gzip");
  });
});
