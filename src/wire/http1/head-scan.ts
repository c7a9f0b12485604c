import { COLON, CR, FIELD_TEXT, HTAB, LF, SP, TOKEN } from "../http/characters.ts";

/** A longer head, or one with more fields, is read line by line. */
const LIMIT_BYTES = 4096;
const LIMIT_FIELDS = 64;
const MARKS = 4;

/**
 * Finds the lines of a whole head in one pass over its bytes, checking every character of names and values on the way. Only what
 * is beyond doubt is taken; for everything else, wrong or merely unfinished, `scan` says no, and the line reader judges.
 */
export class HeadScan {
  /** Offsets from the start of the head. */
  startLineEnd = 0;
  headEnd = 0;
  fieldCount = 0;
  /** For each field: start and end of its name, start and end of its value without white space around it. */
  readonly #marks = new Int32Array(LIMIT_FIELDS * MARKS);

  /** True when `bytes[at, end)` begins with a complete head of ordinary shape; its start line is not judged but for its characters. */
  scan(bytes: Uint8Array, at: number, end: number): boolean {
    const limit = Math.min(end, at + LIMIT_BYTES);
    let i = spanOfBytes(FIELD_TEXT, bytes, at, limit);
    if (i === at || !isLineEnd(bytes, i, limit)) return false;
    this.startLineEnd = i - at;
    for (let field = 0; field <= LIMIT_FIELDS; field++) {
      i += 2;
      if (isLineEnd(bytes, i, limit)) {
        this.fieldCount = field;
        this.headEnd = i + 2 - at;
        return true;
      }
      if (field === LIMIT_FIELDS) return false;
      const colon = spanOfBytes(TOKEN, bytes, i, limit);
      if (colon === i || colon === limit || bytes[colon] !== COLON) return false;
      const lineEnd = spanOfBytes(FIELD_TEXT, bytes, colon + 1, limit);
      if (!isLineEnd(bytes, lineEnd, limit)) return false;
      this.#mark(field * MARKS, i - at, colon - at);
      this.#markValue(field * MARKS, bytes, at, lineEnd);
      i = lineEnd;
    }
    return false;
  }

  nameStart(field: number): number {
    return this.#marks[field * MARKS] as number;
  }

  nameEnd(field: number): number {
    return this.#marks[field * MARKS + 1] as number;
  }

  valueStart(field: number): number {
    return this.#marks[field * MARKS + 2] as number;
  }

  valueEnd(field: number): number {
    return this.#marks[field * MARKS + 3] as number;
  }

  #mark(slot: number, nameStart: number, nameEnd: number): void {
    this.#marks[slot] = nameStart;
    this.#marks[slot + 1] = nameEnd;
  }

  #markValue(slot: number, bytes: Uint8Array, at: number, lineEnd: number): void {
    let from = at + (this.#marks[slot + 1] as number) + 1;
    let to = lineEnd;
    while (from < to && isBlank(bytes[from])) from++;
    while (to > from && isBlank(bytes[to - 1])) to--;
    this.#marks[slot + 2] = from - at;
    this.#marks[slot + 3] = to - at;
  }
}

function spanOfBytes(table: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && table[bytes[at] as number] === 1) at++;
  return at;
}

function isLineEnd(bytes: Uint8Array, at: number, limit: number): boolean {
  return at + 1 < limit && bytes[at] === CR && bytes[at + 1] === LF;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SP || byte === HTAB;
}
