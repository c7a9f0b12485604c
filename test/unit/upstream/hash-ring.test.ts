import { describe, expect, test } from "vitest";
import { compileHashRing, findOwner } from "../../../src/upstream/balance/hash-ring.ts";

const IDS = ["10.0.0.1:8080", "10.0.0.2:8080", "10.0.0.3:8080"];

describe("the consistent-hash ring", () => {
  // Computed by an independent program from the definition of lua-resty-balancer's chash.
  test.each([
    ["10.0.0.1:8080", [1_257_574_595, 3_454_619_437, 151_149_429, 3_437_903_503]],
    ["10.0.0.2:8080", [2_713_889_728, 1_522_520_565, 1_959_925_967, 2_651_900_114]],
    ["[fd00::1]:80", [2_679_772_721, 2_971_442_896, 343_073_813, 2_406_961_608]],
  ])("has lua-resty-balancer's points for %s", (id, points) => {
    const ring = compileHashRing([id]);
    expect(ring.points.length).toBe(160);
    expect([...ring.points]).toEqual(expect.arrayContaining(points));
  });

  test("is sorted over all endpoints", () => {
    const { points } = compileHashRing(IDS);
    expect([points.length, points[0], points.at(-1)]).toEqual([480, 1_390_174, 4_288_080_215]);
    expect([...points]).toEqual([...points].sort((a, b) => a - b));
  });

  test.each([
    ["1732186801.123.45.999", "10.0.0.2:8080"],
    ["1732186802.5.31.1", "10.0.0.1:8080"],
    ["a", "10.0.0.3:8080"],
    ["hello", "10.0.0.2:8080"],
    ["", "10.0.0.1:8080"],
    ["user-42", "10.0.0.3:8080"],
  ])("gives the key %j to %s", (key, owner) => {
    expect(IDS[findOwner(compileHashRing(IDS), key)]).toBe(owner);
  });

  test("wraps a key above the last point to the first", () => {
    expect(IDS[findOwner(compileHashRing(IDS), "w1806")]).toBe("10.0.0.1:8080");
  });

  test("has no owner without endpoints", () => {
    expect(findOwner(compileHashRing([]), "a")).toBe(-1);
  });

  test("gives each of a thousand endpoints its 160 points", () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `10.1.${i >> 8}.${i & 255}:8080`);
    const counts = new Uint32Array(ids.length);
    for (const owner of compileHashRing(ids).owners) counts[owner] = (counts[owner] ?? 0) + 1;
    expect([...new Set(counts)]).toEqual([160]);
  });
});
