import fc from "fast-check";
import { expect, test } from "vitest";
import { Slabs } from "../../../src/wire/socket/slabs.ts";

const SLAB_BYTES = 16_384;
const lengths = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 40_000 }), fc.constantFrom(16_383, 16_384, 16_385, 32_768));
const part = fc.tuple(lengths, fc.boolean(), fc.nat({ max: 255 })).map(([length, isText, first]) => {
  const bytes = Buffer.from(Array.from({ length }, (_, at) => (first + at) % 256));
  return isText ? bytes.toString("latin1") : bytes;
});

function bytesOf(part: string | Uint8Array): Uint8Array {
  return typeof part === "string" ? Buffer.from(part, "latin1") : part;
}

test("the views hold the parts, byte for byte and in order", () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const whole = Buffer.concat(parts.map(bytesOf));
      const slabs = new Slabs(parts, whole.length);
      expect(Buffer.concat(slabs.views).equals(whole)).toBe(true);
      slabs.release();
    }),
    { numRuns: 100 },
  );
});

test("what is not sent yet is not overwritten by what is written next", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 90_000 }), fc.nat(), (length, some) => {
      const unsentBytes = 1 + (some % length);
      const bytes = Buffer.alloc(length, "a");
      const slabs = new Slabs([bytes], length);
      const { views } = slabs;
      slabs.releaseBut(unsentBytes);
      const next = new Slabs([Buffer.alloc(200_000, "b")], 200_000);
      const rest = Buffer.concat(views).subarray(length - unsentBytes);
      expect(rest.equals(bytes.subarray(0, unsentBytes))).toBe(true);
      slabs.release();
      next.release();
    }),
    { numRuns: 100 },
  );
});

test("the slabs that are sent are used again", () => {
  const slabs = new Slabs([Buffer.alloc(4 * SLAB_BYTES)], 4 * SLAB_BYTES);
  const memory = slabs.views.map(({ buffer }) => buffer);
  slabs.releaseBut(SLAB_BYTES + 1);
  const next = new Slabs([Buffer.alloc(2 * SLAB_BYTES)], 2 * SLAB_BYTES);
  const reused = next.views.map(({ buffer }) => memory.indexOf(buffer));
  expect(new Set(reused)).toEqual(new Set([0, 1]));
  slabs.release();
  next.release();
});
