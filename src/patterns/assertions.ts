import { BYTES, hasByte, WORD_BYTES } from "./byte-set.ts";
import { ASSERT } from "./syntax.ts";

/** In place of a byte: the text is over, or has not begun. */
export const NO_BYTE = -1;
const NEWLINE = 0x0a;

/** What an assertion may ask about what is before it, in bits. */
const AT_START = 1;
const AFTER_WORD = 2;
const AFTER_NEWLINE = 4;

export function contextAfter(byte: number): number {
  if (byte === NO_BYTE) return AT_START;
  if (isWord(byte)) return AFTER_WORD;
  return byte === NEWLINE ? AFTER_NEWLINE : 0;
}

/** True when the assertion holds behind `context` and before `byte`. */
export function holds(what: number, context: number, byte: number): boolean {
  switch (what) {
    case ASSERT.textStart:
      return (context & AT_START) !== 0;
    case ASSERT.textEnd:
      return byte === NO_BYTE;
    case ASSERT.lineStart:
      return (context & (AT_START | AFTER_NEWLINE)) !== 0;
    case ASSERT.lineEnd:
      return byte === NO_BYTE || byte === NEWLINE;
    case ASSERT.wordEdge:
      return isWord(byte) !== ((context & AFTER_WORD) !== 0);
    default:
      return isWord(byte) === ((context & AFTER_WORD) !== 0);
  }
}

function isWord(byte: number): boolean {
  return byte >= 0 && byte < BYTES && hasByte(WORD_BYTES, byte);
}
