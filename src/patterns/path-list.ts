import { Automaton, NO_MATCH, OVER_BUDGET } from "./automaton.ts";
import { newWork, PATTERN_LIMITS, type PatternWork } from "./limits.ts";
import type { ParsedPattern } from "./parse.ts";
import { checkPathPattern, coverReading, type PathReading } from "./path-pattern.ts";
import { writeSet } from "./set-program.ts";

const BYTES_PER_STEP = 8;

/** One route of a host, as far as patterns go. */
export interface PathEntry {
  /** As written in the rule. */
  readonly text: string;
  /** True where the route answers 503 whatever comes. */
  readonly isClosed: boolean;
}

/**
 * All path patterns of a host, in order: the first that matches wins. They are compiled when the first path comes, so that a change of ten
 * thousand hosts costs those that are asked for, one by one; how much that can be is bounded for each host. A pattern that is refused is
 * there as its cover. So is one of a closed route for which there is no more room: translation has closed what is beyond the limit.
 */
export class PathPatternList {
  readonly #entries: readonly PathEntry[];
  #runs: readonly Run[] | null = null;

  constructor(entries: readonly PathEntry[]) {
    this.#entries = entries;
  }

  /** The place of the first that matches, `NO_MATCH` or `OVER_BUDGET`. `path` is normalised, one byte a character. */
  find(path: string, work: PatternWork): number {
    this.#runs ??= compileRuns(this.#entries);
    const runs = this.#runs;
    for (let i = 0; i < runs.length; i++) {
      if (i > 0 && !payRun(path, work)) return OVER_BUDGET;
      const found = runs[i]?.find(path, work) ?? NO_MATCH;
      if (found !== NO_MATCH) return found;
    }
    return NO_MATCH;
  }
}

/** One more way through a known path takes little, but a host may have thousands of runs. */
function payRun(path: string, work: PatternWork): boolean {
  work.patternStepsLeft -= Math.ceil(path.length / BYTES_PER_STEP);
  return work.patternStepsLeft >= 0;
}

/** A single path pattern, for questions that nobody waits for. That of a refused text matches everything which it may have meant. */
export interface PathPattern {
  /** `lowerPath` is `path` in lower case. */
  matches(path: string, lowerPath: string): boolean;
}

export function compilePathPattern(text: string): PathPattern {
  const list = new PathPatternList([{ text, isClosed: true }]);
  return { matches: (path) => list.find(path, newWork()) !== NO_MATCH };
}

/** Entries in a row, of which the last one may have an exception: then what comes after it may still match. */
class Run {
  readonly #first: number;
  readonly #automaton: Automaton;
  readonly #last: number;
  readonly #exception: Automaton | null;

  constructor(first: number, takes: readonly ParsedPattern[], except: ParsedPattern | null) {
    this.#first = first;
    this.#automaton = new Automaton(writeSet(takes));
    this.#last = takes.length - 1;
    this.#exception = except === null ? null : new Automaton(writeSet([except]));
  }

  find(path: string, work: PatternWork): number {
    const found = this.#automaton.find(path, work);
    if (found < 0) return found;
    if (found === this.#last && this.#exception !== null) {
      const excepted = this.#exception.find(path, work);
      if (excepted !== NO_MATCH) return excepted === OVER_BUDGET ? OVER_BUDGET : NO_MATCH;
    }
    return this.#first + found;
  }
}

function compileRuns(entries: readonly PathEntry[]): readonly Run[] {
  const runs: Run[] = [];
  let takes: ParsedPattern[] = [];
  for (const [place, { take, except }] of readAll(entries).entries()) {
    takes.push(take);
    if (except === null && place < entries.length - 1) continue;
    runs.push(new Run(place + 1 - takes.length, takes, except));
    takes = [];
  }
  return runs;
}

type Reading = Pick<PathReading, "take" | "except">;

/** Open routes first, then what room is left for closed ones; all others as covers, which share as much room again. */
function readAll(entries: readonly PathEntry[]): readonly Reading[] {
  const checked = entries.map(({ text }) => checkPathPattern(text));
  const kept = new Set<number>();
  let steps = 0;
  for (const closed of [false, true]) {
    for (const [place, reading] of checked.entries()) {
      if (!reading.ok || entries[place]?.isClosed !== closed) continue;
      if (closed && steps + reading.value.steps > PATTERN_LIMITS.hostSteps) continue;
      steps += reading.value.steps;
      kept.add(place);
    }
  }
  const longest = Math.floor(PATTERN_LIMITS.hostSteps / Math.max(1, entries.length - kept.size));
  return checked.map((reading, place) =>
    reading.ok && kept.has(place)
      ? reading.value
      : { take: coverReading(entries[place]?.text ?? "", longest), except: null },
  );
}
