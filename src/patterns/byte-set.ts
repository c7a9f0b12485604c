/** A set of bytes: 256 bits in 8 words. Never changed once it is made. */
export type ByteSet = Uint32Array;

/** How letters are compared. */
export type CaseMode = "match-case" | "ignore-case";

export const BYTES = 256;
const WORDS = 8;
const ALL_BITS = 0xffff_ffff;

export function hasByte(set: ByteSet, byte: number): boolean {
  return ((set[byte >>> 5] ?? 0) & (1 << (byte & 31))) !== 0;
}

export function emptySet(): ByteSet {
  return new Uint32Array(WORDS);
}

export function byteSetOf(contains: (byte: number) => boolean): ByteSet {
  const set = emptySet();
  for (let byte = 0; byte < BYTES; byte++) if (contains(byte)) addRange(set, byte, byte);
  return set;
}

/** Bytes `from` to `to`, both included; what is no byte is left out. */
export function addRange(set: ByteSet, from: number, to: number): void {
  const last = Math.min(to, BYTES - 1);
  if (from > last) return;
  for (let word = from >>> 5; word <= last >>> 5; word++) {
    const low = word === from >>> 5 ? ALL_BITS << (from & 31) : ALL_BITS;
    const high = word === last >>> 5 ? ALL_BITS >>> (31 - (last & 31)) : ALL_BITS;
    set[word] = (set[word] ?? 0) | (low & high);
  }
}

export function addAll(set: ByteSet, other: ByteSet): void {
  for (let word = 0; word < WORDS; word++) set[word] = (set[word] ?? 0) | (other[word] ?? 0);
}

export function inverse(set: ByteSet): ByteSet {
  return set.map((word) => ~word);
}

/** Pairs of words that hold the two cases of the same letters at the same bits: ASCII, and U+00C0 to U+00FE without × and ÷. */
const CASE_WORDS = [
  { upper: 2, lower: 3, letters: 0x07ff_fffe },
  { upper: 6, lower: 7, letters: 0x7f7f_ffff },
] as const;

/** Adds the other case of every letter. Bytes stand for U+0000 to U+00FF here, as RE2 takes them. */
export function addOtherCases(set: ByteSet): void {
  for (const { upper, lower, letters } of CASE_WORDS) {
    const either = ((set[upper] ?? 0) | (set[lower] ?? 0)) & letters;
    set[upper] = (set[upper] ?? 0) | either;
    set[lower] = (set[lower] ?? 0) | either;
  }
}

/** The byte, with the other case of the letter where case is ignored. Equal sets are one object, since they are compared often. */
export function oneByte(byte: number, mode: CaseMode): ByteSet {
  return SINGLES[mode][byte] ?? NOTHING;
}

const NOTHING = emptySet();
const EXACT = Array.from({ length: BYTES }, (_, byte) => byteSetOf((other) => other === byte));
const FOLDED: ByteSet[] = [];
for (const exact of EXACT) {
  const set = exact.slice();
  addOtherCases(set);
  const lowest = FOLDED.findIndex((_, byte) => hasByte(set, byte));
  FOLDED.push(FOLDED[lowest] ?? set);
}
const SINGLES: Readonly<Record<CaseMode, readonly ByteSet[]>> = { "match-case": EXACT, "ignore-case": FOLDED };

export const ANY_BYTE: ByteSet = byteSetOf(() => true);
export const NO_NEWLINE: ByteSet = byteSetOf((byte) => byte !== 0x0a);
export const DIGITS: ByteSet = byteSetOf((byte) => byte >= 0x30 && byte <= 0x39);
export const SPACES: ByteSet = byteSetOf((byte) => [0x09, 0x0a, 0x0c, 0x0d, 0x20].includes(byte));
export const WORD_BYTES: ByteSet = byteSetOf((byte) => byte === 0x5f || isAlphanumeric(byte));

/** ASCII letters and digits. */
export function isAlphanumeric(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
}
