import { plainBeginning } from "./plain-beginning.ts";

/** A pattern that every path matches. */
const EVERYTHING = "";
/** Longer covers are cut, so that every cover is a pattern within the limits of one. */
const LONGEST = 1000;

/**
 * What a pattern may match that cannot be used, in whatever dialect it is written, as a pattern that can: never less than it really
 * matches, so that a route which is closed because of it takes every request that it may have guarded. Its certain beginning decides;
 * of alternatives, of which nginx anchors the first alone, each one's. Where nothing is certain it is everything. It holds the
 * text itself too, read as a plain path. It has at most `longest` characters, if need be by holding more. Linear in the length of the
 * text.
 */
export function coverOf(pattern: string, longest: number): string {
  const alternatives = alternativesOf(pattern);
  if (alternatives === null) return EVERYTHING;
  const [first = "", ...others] = alternatives.map(plainBeginning);
  // Every path begins with a slash: a beginning without one, or nothing but one, says nothing.
  if (!first.startsWith("/") || others.includes("")) return EVERYTHING;
  const room = Math.min(longest, LONGEST);
  if (others.length === 0) return `^${first.slice(0, room)}`;
  const cover = `^${[first, ...others].join("|")}`;
  return cover.length > room ? EVERYTHING : cover;
}

/**
 * The text that every path begins with which `text` may mean, as a plain path or as a regex; `/`, and so everything, where nothing is
 * certain. It holds no character with a meaning in regexes.
 */
export function certainBeginning(text: string): string {
  const beginning = text.includes("|") ? "" : plainBeginning(text);
  return beginning.startsWith("/") ? beginning.slice(0, LONGEST) : "/";
}

/** Quoting, comments and control escapes, in which a bracket or a bar may mean something else than it seems to. */
const MISLEADING = /\\[QcE]|\(\?#|\(\?[a-zA-Z^-]*x/;

/** The alternatives outside of all groups; null where that cannot be told. */
function alternativesOf(pattern: string): readonly string[] | null {
  if (!pattern.includes("|")) return [pattern];
  if (MISLEADING.test(pattern)) return null;
  const alternatives: string[] = [];
  let start = 0;
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern.charAt(i);
    if (character === "\\") i++;
    else if (character === "[") i = endOfClass(pattern, i);
    else if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "|" && depth === 0) {
      alternatives.push(pattern.slice(start, i));
      start = i + 1;
    }
    if (depth < 0 || i >= pattern.length) return null;
  }
  alternatives.push(pattern.slice(start));
  return depth === 0 ? alternatives : null;
}

/** The index of the bracket that closes the class; the length of the text if there is none. */
export function endOfClass(pattern: string, start: number): number {
  let i = start + 1;
  if (pattern.charAt(i) === "^") i++;
  // A bracket that comes first stands for itself.
  if (pattern.charAt(i) === "]") i++;
  for (; i < pattern.length; i++) {
    if (pattern.charAt(i) === "\\") i++;
    else if (pattern.charAt(i) === "]") return i;
  }
  return pattern.length;
}
