import { toByteString } from "../lib/byte-string.ts";
import { printable } from "../lib/printable.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { Captures } from "./captures.ts";
import type { PatternWork } from "./limits.ts";
import { type ParsedPattern, parsePattern } from "./parse.ts";
import { takeApart } from "./look-ahead.ts";
import { coverOf } from "./pattern-cover.ts";

/** A path that is used as a regex: it takes what `take` matches, without what `except` matches. */
export interface PathReading {
  readonly take: ParsedPattern;
  readonly except: ParsedPattern | null;
  /** What it costs to compile and hold. */
  readonly steps: number;
}

/**
 * THE judgement about a path that is used as a regex: what translation and webhook call refused is what the router covers. It means what
 * `~* "^<text>"` means to nginx: case-insensitive, anchored at its start and open at its end. The error says why it cannot be
 * used, as half a sentence that begins with "the path". Nothing is compiled here, and time is linear in the text.
 */
export function checkPathPattern(text: string): Result<PathReading> {
  const parsed = parsePattern(`^${text}`, "ignore-case");
  if (parsed.ok) return ok({ take: parsed.value, except: null, steps: parsed.value.steps });
  const apart = readApart(text);
  if (apart !== null) return ok(apart);
  const { kind, message } = parsed.error;
  if (kind === "size") return err(`the path is too large as a regex: ${message}`);
  return err(`the path is not a regex in RE2 syntax: ${printable(message)}`);
}

/** A pattern with negative look-aheads; null where they cannot be taken out. */
function readApart(text: string): PathReading | null {
  const apart = takeApart(text);
  if (apart === null) return null;
  const take = parsePattern(`^${apart.take}`, "ignore-case");
  const except = parsePattern(apart.except, "ignore-case");
  if (!take.ok || !except.ok) return null;
  return { take: take.value, except: except.value, steps: take.value.steps + except.value.steps };
}

/** Everything that a refused path may have meant, in at most `longest` characters. */
export function coverReading(text: string, longest: number): ParsedPattern {
  return readable(coverOf(toByteString(text), longest));
}

/**
 * The groups that nginx's `rewrite "(?i)<text>"` fills: those of the first match anywhere in the path, 0…9, empty where a group took
 * no part; none where nothing matches or the text is refused; null when the request's work is spent.
 */
export type FindCaptures = (path: string, work: PatternWork) => readonly string[] | null;

export function compileCaptures(text: string): FindCaptures {
  // Compiled when it is asked for first: a host has many rewrites, and most are not asked for.
  let captures: Captures | null = null;
  return (path, work) => {
    captures ??= openCaptures(text);
    return captures.find(path, work);
  };
}

/** Of a text that is refused nothing is captured: the empty pattern has no groups. */
function openCaptures(text: string): Captures {
  const parsed = parsePattern(takeApart(text)?.take ?? text, "ignore-case");
  return new Captures(parsed.ok ? parsed.value : readable(""));
}

/** Throws for a text that is no pattern: only for texts that must be one. */
function readable(text: string): ParsedPattern {
  const parsed = parsePattern(text, "ignore-case");
  if (!parsed.ok) throw new Error(`"${printable(text)}" is no pattern: ${printable(parsed.error.message)}`);
  return parsed.value;
}
