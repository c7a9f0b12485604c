import { RE2JS, RE2JSException } from "re2js";
import { toByteString } from "../lib/byte-string.ts";
import { printable } from "../lib/printable.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { coverOf } from "./pattern-cover.ts";
import { plainBeginning } from "./plain-beginning.ts";

/** Longest text that is compiled. */
const LENGTH_LIMIT = 1000;

/** A path pattern, ready to be asked. Paths are normalised and have one character a byte. */
export interface PathPattern {
  /** `lowerPath` is `path` in lower case. Linear in its length. */
  matches(path: string, lowerPath: string): boolean;
}

/**
 * THE judgement about a path that is used as a regex: what translation and webhook call refused is what the router covers. It means what
 * `~* "^<text>"` means to nginx: case-insensitive, anchored at its start and open at its end. The error says why it cannot be
 * used, as half a sentence that begins with "the path".
 */
export function checkPathPattern(text: string): Result<PathPattern> {
  if (text.length > LENGTH_LIMIT) return err(`the path is a regex of more than ${LENGTH_LIMIT} characters`);
  try {
    return ok(usable(toByteString(text)));
  } catch (error) {
    if (error instanceof RE2JSException)
      return err(`the path is not a regex in RE2 syntax: ${printable(error.message)}`);
    return err("the path cannot be compiled as a regex");
  }
}

/** The pattern that the router asks: that of a refused text matches everything which the text may have meant. Never throws. */
export function compilePathPattern(text: string): PathPattern {
  const checked = checkPathPattern(text);
  if (checked.ok) return checked.value;
  const covers = coverOf(toByteString(text));
  return { matches: (_, lower) => covers(lower) };
}

/**
 * The groups that nginx's `rewrite "(?i)<text>"` fills: those of the first match anywhere in the path, 0…9, empty where a group took
 * no part; none where nothing matches or the text is refused. Never throws.
 */
export function compileCaptures(text: string): (path: string) => readonly string[] {
  if (!checkPathPattern(text).ok) return () => [];
  const regex = RE2JS.compile(toByteString(text), RE2JS.CASE_INSENSITIVE);
  return (path) => captureGroups(regex, path);
}

/** Throws what RE2 throws. */
function usable(bytes: string): PathPattern {
  const regex = RE2JS.compile(`^${bytes}`, RE2JS.CASE_INSENSITIVE);
  const literal = literalPrefix(bytes).toLowerCase();
  if (literal.length === bytes.length) return { matches: (_, lower) => lower.startsWith(literal) };
  return { matches: (path, lower) => lower.startsWith(literal) && regex.matcher(path).find() };
}

function captureGroups(regex: RE2JS, path: string): readonly string[] {
  const matcher = regex.matcher(path);
  if (!matcher.find()) return [];
  const groups: string[] = [];
  for (let group = 0; group <= Math.min(9, matcher.groupCount()); group++) groups.push(matcher.group(group) ?? "");
  return groups;
}

/** The characters that every match begins with, so that most paths that do not match never run the regex. */
function literalPrefix(pattern: string): string {
  // An alternative, or a flag that changes the meaning of what follows, leaves nothing certain.
  return pattern.includes("|") || pattern.includes("(?") ? "" : plainBeginning(pattern);
}
