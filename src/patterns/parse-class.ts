import { RE2JS } from "re2js";
import { memoizeBounded } from "../lib/memoize-bounded.ts";
import {
  addAll,
  addOtherCases,
  addRange,
  type ByteSet,
  byteSetOf,
  BYTES,
  type CaseMode,
  DIGITS,
  emptySet,
  inverse,
  isAlphanumeric,
  SPACES,
  WORD_BYTES,
} from "./byte-set.ts";
import { type Cursor, syntaxFault } from "./cursor.ts";

/** Bytes that one element of a pattern takes. */
export interface ClassSet {
  readonly set: ByteSet;
  /** What it cost to find them out, in steps. */
  readonly steps: number;
}

const LAST_BYTE = BYTES - 1;
const LAST_CODE_POINT = 0x10_ffff;
/** What a class costs more than a character. */
const CLASS_STEPS = 5;
/** Classes of Unicode are worked out by asking RE2 about every byte, which takes as long as compiling so many steps. */
const FOREIGN_STEPS = 500;
const FOREIGN_KEPT = 256;

const PERL: ReadonlyMap<string, ByteSet> = new Map([
  ["d", DIGITS],
  ["D", inverse(DIGITS)],
  ["s", SPACES],
  ["S", inverse(SPACES)],
  ["w", WORD_BYTES],
  ["W", inverse(WORD_BYTES)],
]);

const POSIX: ReadonlyMap<string, ByteSet> = new Map(
  Object.entries({
    alnum: isAlphanumeric,
    alpha: (byte: number) => isAlphanumeric(byte) && byte > 0x39,
    ascii: (byte: number) => byte < 0x80,
    blank: (byte: number) => byte === 0x20 || byte === 0x09,
    cntrl: (byte: number) => byte < 0x20 || byte === 0x7f,
    digit: (byte: number) => byte >= 0x30 && byte <= 0x39,
    graph: (byte: number) => byte > 0x20 && byte < 0x7f,
    lower: (byte: number) => byte >= 0x61 && byte <= 0x7a,
    print: (byte: number) => byte >= 0x20 && byte < 0x7f,
    punct: (byte: number) => byte > 0x20 && byte < 0x7f && !isAlphanumeric(byte),
    space: (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d),
    upper: (byte: number) => byte >= 0x41 && byte <= 0x5a,
    word: (byte: number) => byte === 0x5f || isAlphanumeric(byte),
    xdigit: (byte: number) => isAlphanumeric(byte) && (byte | 0x20) <= 0x66,
  }).map(([name, contains]) => [name, byteSetOf(contains)]),
);

/** `[…]`, with the cursor on its first character. */
export function parseClass(cursor: Cursor, mode: CaseMode): ClassSet {
  const start = cursor.at;
  cursor.next();
  const negated = cursor.skip("^");
  const set = emptySet();
  let foreign = false;
  for (let first = true; !cursor.more || cursor.peek() !== "]" || first; first = false) {
    if (skipUnicodeClass(cursor)) {
      foreign = true;
      continue;
    }
    const named = posixClass(cursor, mode) ?? perlClass(cursor);
    if (named !== null) {
      addAll(set, named);
      continue;
    }
    const range = parseRange(cursor, start);
    foreign ||= range.to > LAST_BYTE;
    addRange(set, range.from, range.to);
  }
  cursor.next();
  if (foreign) return foreignClass(cursor.since(start), mode);
  if (mode === "ignore-case") addOtherCases(set);
  return { set: negated ? inverse(set) : set, steps: CLASS_STEPS };
}

function parseRange(cursor: Cursor, start: number): { from: number; to: number } {
  const before = cursor.at;
  const from = classCharacter(cursor, start);
  if (cursor.peek() !== "-") return { from, to: from };
  cursor.next();
  if (cursor.peek() === "]") {
    cursor.at--;
    return { from, to: from };
  }
  const to = classCharacter(cursor, start);
  if (to < from) throw syntaxFault("invalid character class range", cursor.since(before));
  return { from, to };
}

function classCharacter(cursor: Cursor, start: number): number {
  if (!cursor.more) throw syntaxFault("missing closing ]", cursor.text.slice(start));
  return cursor.peek() === "\\" ? parseEscape(cursor) : cursor.next().charCodeAt(0);
}

/** `[:alpha:]` or `[:^alpha:]`; null, with the cursor where it was, for anything else. */
function posixClass(cursor: Cursor, mode: CaseMode): ByteSet | null {
  const { text, at } = cursor;
  const end = text.startsWith("[:", at) ? text.indexOf(":]", at) : -1;
  if (end === -1) return null;
  const negated = text.charAt(at + 2) === "^";
  const known = POSIX.get(text.slice(at + (negated ? 3 : 2), end));
  if (known === undefined) throw syntaxFault("invalid character class range", text.slice(at, end + 2));
  cursor.at = end + 2;
  const set = known.slice();
  if (mode === "ignore-case") addOtherCases(set);
  return negated ? inverse(set) : set;
}

/** `\pN`, `\p{Greek}` and the like. */
export function skipUnicodeClass(cursor: Cursor): boolean {
  const start = cursor.at;
  if (!cursor.skip("\\p") && !cursor.skip("\\P")) return false;
  if (cursor.next() === "{") {
    const end = cursor.text.indexOf("}", cursor.at);
    if (end === -1) throw syntaxFault("invalid character class range", cursor.text.slice(start));
    cursor.at = end + 1;
  }
  return true;
}

/** `\d` and its kind; null, with the cursor where it was, for anything else. */
export function perlClass(cursor: Cursor): ByteSet | null {
  if (cursor.peek() !== "\\") return null;
  const set = PERL.get(cursor.text.charAt(cursor.at + 1)) ?? null;
  if (set !== null) cursor.at += 2;
  return set;
}

/** What RE2 says of each byte, for elements that need its tables. Throws when it knows no such class. */
export function foreignClass(text: string, mode: CaseMode): ClassSet {
  const set = FOREIGN[mode](text);
  if (set === UNKNOWN) throw syntaxFault("invalid character class range", text);
  return { set, steps: FOREIGN_STEPS };
}

const UNKNOWN: ByteSet = new Uint32Array(0);
const FOREIGN: Readonly<Record<CaseMode, (text: string) => ByteSet>> = {
  "match-case": memoizeBounded(FOREIGN_KEPT, (text) => askRe2(text, 0)),
  "ignore-case": memoizeBounded(FOREIGN_KEPT, (text) => askRe2(text, RE2JS.CASE_INSENSITIVE)),
};

function askRe2(text: string, flags: number): ByteSet {
  try {
    const pattern = RE2JS.compile(text, flags);
    return byteSetOf((byte) => pattern.matches(String.fromCharCode(byte)));
  } catch {
    return UNKNOWN;
  }
}

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
]);

/** A backslash and what it stands for, as a code point: `\x{…}` may name one that is no byte. */
export function parseEscape(cursor: Cursor): number {
  const start = cursor.at;
  cursor.next();
  if (!cursor.more) throw syntaxFault("trailing backslash at end of expression");
  const character = cursor.next();
  const code = escaped(character, cursor);
  if (code === null) throw syntaxFault("invalid escape sequence", cursor.since(start));
  return code;
}

function escaped(character: string, cursor: Cursor): number | null {
  if (character === "x") return hexEscape(cursor);
  if (isOctal(character)) return octalEscape(character, cursor);
  const control = CONTROLS.get(character);
  if (control !== undefined) return control;
  const code = character.charCodeAt(0);
  return code < 0x80 && !isAlphanumeric(code) ? code : null;
}

/** Three digits at most. One digit that is not zero would be a back-reference. */
function octalEscape(first: string, cursor: Cursor): number | null {
  if (first !== "0" && !isOctal(cursor.peek())) return null;
  let code = Number(first);
  for (let digits = 1; digits < 3 && isOctal(cursor.peek()); digits++) code = code * 8 + Number(cursor.next());
  return code;
}

function hexEscape(cursor: Cursor): number | null {
  if (!cursor.skip("{")) {
    const high = hexDigit(cursor.next());
    const low = hexDigit(cursor.next());
    return high === -1 || low === -1 ? null : high * 16 + low;
  }
  let code = 0;
  for (let digits = 0; ; digits++) {
    const character = cursor.next();
    if (character === "}") return digits === 0 ? null : code;
    const digit = hexDigit(character);
    code = code * 16 + digit;
    if (digit === -1 || code > LAST_CODE_POINT) return null;
  }
}

function isOctal(character: string): boolean {
  return character >= "0" && character <= "7" && character.length === 1;
}

/** -1 for anything else, the end of the text too. */
function hexDigit(character: string): number {
  return character === "" ? -1 : "0123456789abcdef".indexOf(character.toLowerCase());
}
