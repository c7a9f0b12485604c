import { PATTERN_LIMITS } from "./limits.ts";
import { endOfClass } from "./pattern-cover.ts";

/** A pattern with negative look-aheads as two that have none: a path is taken that `take` matches and `except` does not. */
interface TakenApart {
  /** Groups have the numbers that they have in the pattern. */
  readonly take: string;
  readonly except: string;
}

/**
 * Takes the look-aheads out of a pattern. `^a(?!x)b` matches what `^ab` matches, without what `^ax` matches, if it is certain where in
 * the text the look-ahead looks: behind single characters and classes that are not repeated, in no alternative and in no group that is
 * repeated or may be left out. Null where it is not certain, where there is nothing to take out, and where what comes out is longer than
 * a pattern may be. Linear in the length of the text.
 */
export function takeApart(pattern: string): TakenApart | null {
  // Quoted text and control characters, in which brackets mean nothing.
  if (!pattern.includes("(?!") || /\\[QEc]/.test(pattern)) return null;
  const scan: Scan = {
    pattern,
    at: 0,
    before: "",
    isFixed: true,
    frames: [false],
    take: "",
    excepts: [],
    exceptLength: 0,
  };
  while (scan.at < pattern.length) if (!readOne(scan)) return null;
  if (scan.excepts.length === 0 || scan.frames.length !== 1) return null;
  return { take: scan.take, except: scan.excepts.join("|") };
}

interface Scan {
  readonly pattern: string;
  at: number;
  /** What every match begins with, groups left out. */
  before: string;
  /** True while `before` has one length and nothing else can stand there. */
  isFixed: boolean;
  /** For the whole pattern and each open group in it: whether a look-ahead was taken out of it. */
  readonly frames: boolean[];
  take: string;
  readonly excepts: string[];
  exceptLength: number;
}

/** Reads one part of the pattern; false where it cannot be taken apart. */
function readOne(scan: Scan): boolean {
  const { pattern, at } = scan;
  const character = pattern.charAt(at);
  if (pattern.startsWith("(?!", at)) return takeOut(scan);
  if (character === "(") return openGroup(scan);
  if (character === ")") return closeGroup(scan);
  if (character === "|") return alternative(scan);
  if (character === "[") return atom(scan, endOfClass(pattern, at) + 1 - at);
  if (character === "\\") return atom(scan, 2);
  if (character === "^" && at === 0) return keep(scan, 1);
  if ("^$*+?{".includes(character)) return unsettle(scan, 1);
  return atom(scan, 1);
}

function keep(scan: Scan, length: number): true {
  scan.take += scan.pattern.slice(scan.at, scan.at + length);
  scan.at += length;
  return true;
}

/** Goes on, but behind this the place of a look-ahead is not known. */
function unsettle(scan: Scan, length: number): true {
  scan.isFixed = false;
  return keep(scan, length);
}

/** Escapes that stand for one character. */
const ONE_CHARACTER = /^\\[^A-Za-z0-9]$|^\\[dDwWsS]$/;

function atom(scan: Scan, length: number): true {
  const text = scan.pattern.slice(scan.at, scan.at + length);
  if (text.startsWith("\\") && !ONE_CHARACTER.test(text)) return unsettle(scan, length);
  scan.before += text;
  return keep(scan, length);
}

function openGroup(scan: Scan): boolean {
  const rest = scan.pattern.slice(scan.at, scan.at + 4);
  scan.frames.push(false);
  if (rest.startsWith("(?:")) return keep(scan, 3);
  return rest.startsWith("(?") ? unsettle(scan, 2) : keep(scan, 1);
}

function closeGroup(scan: Scan): boolean {
  const guarded = scan.frames.pop();
  if (scan.frames.length === 0 || (guarded === true && isRepeated(scan.pattern, scan.at + 1))) return false;
  return keep(scan, 1);
}

function alternative(scan: Scan): boolean {
  return scan.frames.at(-1) !== true && unsettle(scan, 1);
}

function takeOut(scan: Scan): boolean {
  const { pattern, at } = scan;
  const end = endOfGroup(pattern, at);
  if (!scan.isFixed || end === -1 || isRepeated(pattern, end)) return false;
  const body = pattern.slice(at + 3, end - 1);
  scan.exceptLength += scan.before.length + body.length;
  if (scan.exceptLength > PATTERN_LIMITS.textBytes) return false;
  scan.excepts.push(`^${scan.before}(?:${body})`);
  scan.frames.fill(true);
  // A group that can never match, for each that the rest of the pattern counts.
  scan.take += "(?:(\\b\\B))?".repeat(countGroups(body));
  scan.at = end;
  return true;
}

function isRepeated(pattern: string, at: number): boolean {
  return at < pattern.length && "*+?{".includes(pattern.charAt(at));
}

/** Behind the bracket that closes the group at `start`; -1 if there is none. */
function endOfGroup(pattern: string, start: number): number {
  let depth = 0;
  for (let i = start; i < pattern.length; i++) {
    const character = pattern.charAt(i);
    if (character === "\\") i++;
    else if (character === "[") i = endOfClass(pattern, i);
    else if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return i + 1;
  }
  return -1;
}

function countGroups(body: string): number {
  let count = 0;
  for (let i = 0; i < body.length; i++) {
    const character = body.charAt(i);
    if (character === "\\") i++;
    else if (character === "[") i = endOfClass(body, i);
    else if (character === "(" && (body.charAt(i + 1) !== "?" || /^\(\?P?<[A-Za-z_]/.test(body.slice(i, i + 5))))
      count++;
  }
  return count;
}
