import { crc32 } from "node:zlib";

/** A consistent-hash ring over endpoint ids; `owners[i]` is the index of the id that owns `points[i]`. Points ascend. */
export interface HashRing {
  readonly points: Uint32Array;
  readonly owners: Uint32Array;
}

/** Points of one endpoint, as in lua-resty-balancer. */
const POINTS_PER_ID = 160;
/** Point and owner are sorted together as one double: 32 bits of point, up to 20 bits of owner. */
const OWNER_RANGE = 0x10_0000;

/**
 * The ring of lua-resty-balancer's chash, point for point, so that affinity cookies of ingress-nginx keep their endpoint:
 * point₀ = crc32(id ‖ 00000000), pointᵢ = crc32(id ‖ LE32(pointᵢ₋₁)). Equal points belong to the id that comes first.
 */
export function compileHashRing(ids: readonly string[]): HashRing {
  const tagged = new Float64Array(ids.length * POINTS_PER_ID);
  for (const [owner, id] of ids.entries()) fillPoints(tagged, owner, id);
  tagged.sort();
  const points = new Uint32Array(tagged.length);
  const owners = new Uint32Array(tagged.length);
  for (let i = 0; i < tagged.length; i++) {
    const value = tagged[i] ?? 0;
    points[i] = Math.floor(value / OWNER_RANGE);
    owners[i] = value % OWNER_RANGE;
  }
  return { points, owners };
}

function fillPoints(tagged: Float64Array, owner: number, id: string): void {
  const base = crc32(Buffer.from(id, "latin1"));
  let point = 0;
  for (let i = 0; i < POINTS_PER_ID; i++) {
    point = crc32OfWord(point, base);
    tagged[owner * POINTS_PER_ID + i] = point * OWNER_RANGE + owner;
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let entry = byte;
  for (let bit = 0; bit < 8; bit++) entry = entry & 1 ? (entry >>> 1) ^ 0xedb88320 : entry >>> 1;
  return entry;
});

/**
 * `crc32(bytes, previous)` of node:zlib for the four bytes of a little-endian word, several times faster than a call into zlib:
 * a ring of a thousand endpoints takes 160 000 of them in one go.
 */
export function crc32OfWord(word: number, previous: number): number {
  let crc = ~previous;
  for (let shift = 0; shift < 32; shift += 8) {
    crc = (TABLE[(crc ^ (word >>> shift)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Index of the id that owns the key: the smallest point at or above crc32(key), wrapping to the first. -1 on an empty ring. */
export function findOwner(ring: HashRing, key: string): number {
  const { points, owners } = ring;
  if (points.length === 0) return -1;
  const hash = crc32(Buffer.from(key, "latin1"));
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return owners[low === points.length ? 0 : low] ?? -1;
}
