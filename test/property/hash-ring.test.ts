import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileHashRing, crc32OfWord, findOwner } from "../../src/upstream/balance/hash-ring.ts";

const endpointIds = fc.uniqueArray(
  fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })).map(([ip, port]) => `${ip}:${port}`),
  { minLength: 1, maxLength: 12 },
);
const keys = fc.array(fc.string({ unit: "binary-ascii" }), { minLength: 1, maxLength: 50 });

test("a key belongs to the smallest point at or above its hash, by linear search", () => {
  fc.assert(
    fc.property(endpointIds, keys, (ids, keys) => {
      const ring = compileHashRing(ids);
      for (const key of keys) {
        const hash = crc32(key);
        const index = ring.points.findIndex((point) => point >= hash);
        expect(findOwner(ring, key)).toBe(ring.owners[index === -1 ? 0 : index]);
      }
    }),
    { numRuns: 40 },
  );
});

test("taking an endpoint away moves only its own keys", () => {
  fc.assert(
    fc.property(endpointIds, keys, fc.nat(), (ids, keys, pick) => {
      fc.pre(ids.length > 1);
      const gone = ids[pick % ids.length];
      const rest = ids.filter((id) => id !== gone);
      const before = compileHashRing(ids);
      const after = compileHashRing(rest);
      for (const key of keys) {
        const owner = ids[findOwner(before, key)];
        if (owner !== gone) expect(rest[findOwner(after, key)]).toBe(owner);
      }
    }),
    { numRuns: 40 },
  );
});

test("the order of the endpoints does not matter", () => {
  fc.assert(
    fc.property(endpointIds, keys, (ids, keys) => {
      const turned = ids.toReversed();
      const [one, other] = [compileHashRing(ids), compileHashRing(turned)];
      for (const key of keys) expect(turned[findOwner(other, key)]).toBe(ids[findOwner(one, key)]);
    }),
    { numRuns: 40 },
  );
});

test("any bytes of a cookie have an owner", () => {
  const ring = compileHashRing(["10.0.0.1:80", "10.0.0.2:80"]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (key) => {
      expect([0, 1]).toContain(findOwner(ring, key));
    }),
  );
});

test("the checksum of a word is zlib's", () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (word, previous) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(word);
      expect(crc32OfWord(word, previous)).toBe(crc32(bytes, previous));
    }),
    { numRuns: 1000 },
  );
});
