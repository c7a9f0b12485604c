import { CR, LF } from "../http/characters.ts";
import { HEAD_ERRORS, type HeadError } from "../http/refusals.ts";
import { HeadScan } from "./head-scan.ts";
import type { InputBuffer } from "../socket/input-buffer.ts";

/** Receives the lines of one head, in order. Each call says what is wrong with its line, or null. */
export interface HeadLines {
  readonly limits: HeadLimits;
  /**
   * The start line may be judged by its first bytes, before all of it is there. Must give the same answer for any prefix
   * on which it finds an error, so that the verdict does not depend on how bytes were cut into packets.
   */
  startOfStartLine(text: string, start: number, end: number): HeadError | null;
  /** The whole of it; judges its beginning too. */
  startLine(text: string, start: number, end: number): HeadError | null;
  fieldLine(text: string, start: number, end: number): HeadError | null;
  /** A field whose characters are known to be right. */
  scannedField(text: string, scan: HeadScan, field: number): HeadError | null;
  /** The empty line: everything is there. */
  headEnd(): HeadError | null;
}

export interface HeadLimits {
  /** Bytes of the start line with its line end, and the error for a longer one. */
  readonly startLineBytes: number;
  readonly startLineError: HeadError;
  /** Bytes of one field line with its line end. */
  readonly fieldLineBytes: number;
  /** Bytes of the whole head with blank lines before and after it. A field counts as `LEAST_FIELD_BYTES` at least. */
  readonly headBytes: number;
  /** Blank lines tolerated before the start line. */
  readonly blankLines: number;
}

const WINDOW_BYTES = 4096;
/** What a field costs us however short it is. It bounds their number: 2,048 in 32 KiB. */
const LEAST_FIELD_BYTES = 16;
/** One for the thread: it is read out before anything else happens. */
const SCAN = new HeadScan();

/**
 * Cuts a head into lines as its bytes come in. Each byte is looked at a bounded number of times however the bytes are
 * segmented: an unfinished line stays in the input and is searched for its end from where the last search stopped.
 */
export class HeadReader {
  readonly #lines: HeadLines;
  /** Why the head was refused; final. */
  error: HeadError | null = null;
  done = false;
  /** Bytes of the head so far, unfinished line excluded. */
  headBytes = 0;
  /** The start line is complete. */
  inFields = false;
  #blankLines = 0;
  /** What short fields count beyond their bytes. */
  #surplusBytes = 0;
  /** Bytes of the unfinished line that are known to hold no line end. */
  #searched = 0;

  constructor(lines: HeadLines) {
    this.#lines = lines;
  }

  start(): void {
    this.error = null;
    this.done = false;
    this.headBytes = 0;
    this.inFields = false;
    this.#blankLines = 0;
    this.#surplusBytes = 0;
    this.#searched = 0;
  }

  /** Reads a head of which nothing was read before, if all of it is here and of ordinary shape. False: nothing was read. */
  readWhole(input: InputBuffer): boolean {
    if (!SCAN.scan(input.bytes, input.at, input.end)) return false;
    this.#takeScanned(input);
    return true;
  }

  /** Takes whole lines from the input until the head is done, wrong, or needs more bytes. */
  read(input: InputBuffer): void {
    if (this.done || this.error !== null) return;
    if (!this.inFields && this.#searched === 0 && this.readWhole(input)) return;
    while (!this.done && this.error === null && this.#readWindow(input)) {
      // Each pass consumed at least one line.
    }
  }

  /** Ordinary heads come whole. Takes the same lines in the same order as the slow way. */
  #takeScanned(input: InputBuffer): void {
    const text = input.bytes.toString("latin1", input.at, input.at + SCAN.headEnd);
    input.at += SCAN.headEnd;
    this.headBytes += SCAN.headEnd;
    this.inFields = true;
    this.error = this.#lines.startLine(text, 0, SCAN.startLineEnd);
    for (let field = 0; field < SCAN.fieldCount && this.error === null; field++) {
      this.error = this.#lines.scannedField(text, SCAN, field);
    }
    if (this.error !== null) return;
    this.done = true;
    this.error = this.#lines.headEnd();
  }

  /** False when the rest of the input is an unfinished line. */
  #readWindow(input: InputBuffer): boolean {
    const lineEnd = nextLineFeed(input, input.at + this.#searched);
    if (lineEnd === -1) {
      this.#searched = input.length;
      this.error = this.#judgeUnfinished(input);
      return false;
    }
    this.#searched = 0;
    const to = Math.min(input.end, Math.max(lineEnd + 1, input.at + WINDOW_BYTES));
    const text = input.bytes.toString("latin1", input.at, to);
    const taken = this.#takeLines(text);
    input.at += taken;
    this.headBytes += taken;
    return true;
  }

  #takeLines(text: string): number {
    let at = 0;
    while (!this.done && this.error === null) {
      const lineFeed = text.indexOf("\n", at);
      if (lineFeed === -1) break;
      this.error = this.#takeLine(text, at, lineFeed);
      at = lineFeed + 1;
    }
    return at;
  }

  #takeLine(text: string, start: number, lineFeed: number): HeadError | null {
    const lengthError = this.#judgeStart(text, start, lineFeed + 1) ?? this.#judgeLength(start, lineFeed + 1);
    if (lengthError !== null) return lengthError;
    const end = lineFeed - 1;
    if (end < start || text.charCodeAt(end) !== CR) return HEAD_ERRORS.badLineEnd;
    if (end === start) return this.#takeBlankLine();
    if (this.inFields) return this.#takeField(text, start, end);
    this.inFields = true;
    return this.#lines.startLine(text, start, end);
  }

  #takeField(text: string, start: number, end: number): HeadError | null {
    this.#surplusBytes += Math.max(0, LEAST_FIELD_BYTES - (end + 2 - start));
    return this.#judgeLength(start, end + 2) ?? this.#lines.fieldLine(text, start, end);
  }

  #takeBlankLine(): HeadError | null {
    if (this.inFields) {
      this.done = true;
      return this.#lines.headEnd();
    }
    this.#blankLines++;
    return this.#blankLines > this.#lines.limits.blankLines ? HEAD_ERRORS.tooManyBlankLines : null;
  }

  #judgeStart(text: string, start: number, end: number): HeadError | null {
    // A CR may begin a blank line; whatever else it begins is refused once the line is complete.
    if (this.inFields || text.charCodeAt(start) === CR) return null;
    return this.#lines.startOfStartLine(text, start, end);
  }

  /** `start` and `end` are relative to the bytes consumed before. */
  #judgeLength(start: number, end: number): HeadError | null {
    const limits = this.#lines.limits;
    if (!this.inFields && end - start > limits.startLineBytes) return limits.startLineError;
    const headBytes = this.headBytes + end + this.#surplusBytes;
    const tooLong = end - start > limits.fieldLineBytes || headBytes > limits.headBytes;
    return tooLong ? HEAD_ERRORS.headTooLarge : null;
  }

  /** The verdict that the line would get whatever followed: one more byte is the least that is still to come. */
  #judgeUnfinished(input: InputBuffer): HeadError | null {
    if (input.length === 0) return null;
    if (!this.inFields) {
      const prefix = input.bytes.toString("latin1", input.at, Math.min(input.end, input.at + PREFIX_BYTES));
      const error = this.#judgeStart(prefix, 0, prefix.length);
      if (error !== null) return error;
    }
    return this.#judgeLength(0, input.length + 1);
  }
}

/** A plain loop: lines are short, and what lies behind `end` must not be searched. */
function nextLineFeed(input: InputBuffer, from: number): number {
  const { bytes, end } = input;
  for (let at = from; at < end; at++) if (bytes[at] === LF) return at;
  return -1;
}

/** More than any start line needs to show that its first word is too long. */
const PREFIX_BYTES = 64;
