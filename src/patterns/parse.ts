import { toByteString } from "../lib/byte-string.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { ANY_BYTE, type CaseMode, NO_NEWLINE } from "./byte-set.ts";
import { Cursor, type PatternError, PatternFault, sizeFault, syntaxFault } from "./cursor.ts";
import { PATTERN_LIMITS } from "./limits.ts";
import { type ClassSet, foreignClass, parseClass, parseEscape, perlClass, skipUnicodeClass } from "./parse-class.ts";
import { ASSERTIONS, FLAGS, type Flags, LITERALS, PLAIN, type Range, SIGNS } from "./parse-tables.ts";
import {
  ASSERT,
  assertNode,
  captureNode,
  countedNode,
  either,
  type Node,
  repeatNode,
  type Repetition,
  sequence,
  setNode,
} from "./syntax.ts";

/** What a pattern costs apart from what stands in it. */
const PATTERN_STEPS = 10;

export interface ParsedPattern {
  readonly root: Node;
  /** Groups that capture, without the whole match. */
  readonly groups: number;
  /** What it costs to compile and hold. */
  readonly steps: number;
}

/**
 * Reads a pattern in RE2's syntax, over the bytes of its UTF-8 form. Time and memory are linear in the text, whatever its repetitions
 * multiply to.
 */
export function parsePattern(text: string, mode: CaseMode): Result<ParsedPattern, PatternError> {
  const bytes = toByteString(text);
  if (bytes.length > PATTERN_LIMITS.textBytes)
    return err({ kind: "size", message: `it has more than ${PATTERN_LIMITS.textBytes} bytes` });
  try {
    const parser = new Parser(bytes, mode);
    const root = parser.parse();
    return ok({ root, groups: parser.groups, steps: PATTERN_STEPS + root.size + parser.classSteps });
  } catch (error) {
    if (error instanceof PatternFault) return err(error.problem);
    throw error;
  }
}

const MAX_COUNT = 1000;
/** Digits of a count beyond which RE2 reads no number. */
const MAX_COUNT_DIGITS = 8;
const COUNT = /\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}/y;
const GROUP_NAME = /^[A-Za-z0-9_]+$/;

type CountedRepetition = Repetition & Range;

class Parser {
  groups = 0;
  classSteps = 0;
  readonly #cursor: Cursor;
  /** Null until a group has a name: few patterns have one. */
  #names: Set<string> | null = null;
  #flags: Flags;
  #depth = 0;

  constructor(bytes: string, mode: CaseMode) {
    this.#cursor = new Cursor(bytes);
    this.#flags = { mode, multiline: false, dotAll: false, ungreedy: false };
  }

  parse(): Node {
    const root = this.#alternatives();
    if (this.#cursor.more) throw syntaxFault("unexpected )", this.#cursor.text);
    return root;
  }

  /** Up to the end of the text or of the group. */
  #alternatives(): Node {
    const cursor = this.#cursor;
    const parts: Node[] = [];
    let items: Node[] = [];
    let repeatedAt = -1;
    while (cursor.more && cursor.peek() !== ")") {
      const start = cursor.at;
      const code = cursor.text.charCodeAt(start);
      if (PLAIN[code] === 1) {
        cursor.at++;
        items.push(this.#literal(code));
        repeatedAt = -1;
        continue;
      }
      if (cursor.skip("|")) {
        parts.push(sequence(items));
        items = [];
        repeatedAt = -1;
        continue;
      }
      const repetition = this.#repetition();
      if (repetition === null) this.#element(items);
      else items.push(this.#repeated(items.pop(), { repetition, start, repeatedAt }));
      repeatedAt = repetition === null ? -1 : start;
    }
    parts.push(sequence(items));
    return bounded(either(parts));
  }

  /** What the text at the cursor repeats, `?` for the other greediness included; null when it repeats nothing. */
  #repetition(): CountedRepetition | null {
    const cursor = this.#cursor;
    const range = cursor.peek() === "{" ? this.#count() : (SIGNS.get(cursor.peek()) ?? null);
    if (range === null) return null;
    if (!range.counted) cursor.next();
    const greedy = cursor.skip("?") === this.#flags.ungreedy;
    return { ...range, greedy };
  }

  /** `{n}`, `{n,}` or `{n,m}`; null, with the cursor where it was, where the brace stands for itself. */
  #count(): Range | null {
    const cursor = this.#cursor;
    COUNT.lastIndex = cursor.at;
    const found = COUNT.exec(cursor.text);
    if (found === null) return null;
    const [whole, low = "", comma, high] = found;
    const min = Number(low);
    const max = comma === undefined ? min : high === undefined ? -1 : Number(high);
    const long = low.length > MAX_COUNT_DIGITS || (high ?? "").length > MAX_COUNT_DIGITS;
    if (long || min > MAX_COUNT || max > MAX_COUNT || (max !== -1 && min > max))
      throw syntaxFault("invalid repeat count", whole);
    cursor.at += whole.length;
    return { min, max, counted: true };
  }

  #repeated(
    sub: Node | undefined,
    { repetition, start, repeatedAt }: { repetition: CountedRepetition; start: number; repeatedAt: number },
  ): Node {
    if (repeatedAt !== -1) throw syntaxFault("invalid nested repetition operator", this.#cursor.since(repeatedAt));
    if (sub === undefined) throw syntaxFault("missing argument to repetition operator", this.#cursor.since(start));
    if (!repetition.counted) return bounded(repeatNode(sub, repetition));
    const node = countedNode(sub, repetition);
    if ((repetition.min >= 2 || repetition.max >= 2) && node.repeats > MAX_COUNT)
      throw syntaxFault("invalid repeat count", this.#cursor.since(start));
    return bounded(node);
  }

  #element(items: Node[]): void {
    const cursor = this.#cursor;
    switch (cursor.peek()) {
      case "(":
        this.#group(items);
        return;
      case "[":
        items.push(this.#classNode(parseClass(cursor, this.#flags.mode)));
        return;
      case "\\":
        this.#escape(items);
        return;
      case "^":
        cursor.next();
        items.push(assertNode(this.#flags.multiline ? ASSERT.lineStart : ASSERT.textStart));
        return;
      case "$":
        cursor.next();
        items.push(assertNode(this.#flags.multiline ? ASSERT.lineEnd : ASSERT.textEnd));
        return;
      case ".":
        cursor.next();
        items.push(setNode(this.#flags.dotAll ? ANY_BYTE : NO_NEWLINE));
        return;
      default:
        items.push(this.#literal(cursor.next().charCodeAt(0)));
    }
  }

  #classNode({ set, steps }: ClassSet): Node {
    this.classSteps += steps;
    bound(this.classSteps);
    return setNode(set);
  }

  /** A code point that is no byte matches those bytes whose other case it is. */
  #literal(code: number): Node {
    const { mode } = this.#flags;
    const known = LITERALS[mode][code];
    if (known !== undefined) return known;
    return this.#classNode(foreignClass(`\\x{${code.toString(16)}}`, mode));
  }

  #escape(items: Node[]): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    const assertion = ASSERTIONS.get(cursor.text.charAt(start + 1));
    if (assertion !== undefined) {
      cursor.at += 2;
      items.push(assertNode(assertion));
    } else if (cursor.skip("\\Q")) {
      this.#quoted(items);
    } else if (skipUnicodeClass(cursor)) {
      items.push(this.#classNode(foreignClass(cursor.since(start), this.#flags.mode)));
    } else {
      const perl = perlClass(cursor);
      items.push(perl === null ? this.#literal(parseEscape(cursor)) : setNode(perl));
    }
  }

  /** `\Q…\E`: all that stands between is literal; without `\E` the rest of the pattern is. */
  #quoted(items: Node[]): void {
    const cursor = this.#cursor;
    const found = cursor.text.indexOf("\\E", cursor.at);
    const end = found === -1 ? cursor.text.length : found;
    while (cursor.at < end) items.push(this.#literal(cursor.next().charCodeAt(0)));
    if (found !== -1) cursor.at += 2;
  }

  #group(items: Node[]): void {
    const cursor = this.#cursor;
    const outside = this.#flags;
    const kind = this.#groupStart();
    if (kind === "flags") return;
    const group = kind === "capture" ? ++this.groups : 0;
    if (++this.#depth > PATTERN_LIMITS.depth) throw sizeFault("it nests too deeply");
    const sub = this.#alternatives();
    this.#depth--;
    if (!cursor.skip(")")) throw syntaxFault("missing closing )", cursor.text);
    this.#flags = outside;
    items.push(kind === "capture" ? bounded(captureNode(sub, group)) : sub);
  }

  #groupStart(): "capture" | "plain" | "flags" {
    const cursor = this.#cursor;
    const start = cursor.at;
    cursor.next();
    if (cursor.peek() !== "?") return "capture";
    if (cursor.skip("?P<") || cursor.skip("?<")) {
      this.#name(start);
      return "capture";
    }
    cursor.next();
    return this.#readFlags(start);
  }

  #name(start: number): void {
    const cursor = this.#cursor;
    const end = cursor.text.indexOf(">", cursor.at);
    if (end === -1) throw syntaxFault("invalid named capture", cursor.text.slice(start));
    const name = cursor.text.slice(cursor.at, end);
    cursor.at = end + 1;
    if (!GROUP_NAME.test(name)) throw syntaxFault("invalid named capture", cursor.since(start));
    this.#names ??= new Set();
    if (this.#names.has(name)) throw syntaxFault("duplicate capture group name", name);
    this.#names.add(name);
  }

  /** `i-s:` or `i)`, behind the question mark. */
  #readFlags(start: number): "plain" | "flags" {
    const cursor = this.#cursor;
    let flags = this.#flags;
    let on = true;
    let sawFlag = true;
    while (cursor.more) {
      const character = cursor.next();
      if ((character === ":" || character === ")") && sawFlag) {
        this.#flags = flags;
        return character === ":" ? "plain" : "flags";
      }
      if (character === "-" && on) {
        on = false;
        sawFlag = false;
        continue;
      }
      const change = FLAGS.get(character);
      if (change === undefined) break;
      flags = { ...flags, ...change(on) };
      sawFlag = true;
    }
    throw syntaxFault("invalid or unsupported Perl syntax", cursor.since(start));
  }
}

function bounded(node: Node): Node {
  bound(node.size);
  return node;
}

function bound(steps: number): void {
  const { patternSteps } = PATTERN_LIMITS;
  if (steps <= patternSteps) return;
  throw sizeFault(`with its repetitions it has more than ${patternSteps} steps`);
}
