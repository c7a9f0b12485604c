import { Automaton, NO_MATCH, OVER_BUDGET } from "./automaton.ts";
import { newWork, PATTERN_LIMITS, type PatternWork } from "./limits.ts";
import type { ParsedPattern } from "./parse.ts";
import { checkPathPattern, coverReading, type PathReading } from "./path-pattern.ts";
import { writeSet } from "./set-program.ts";

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
  #compiled: CompiledPaths | null = null;

  constructor(entries: readonly PathEntry[]) {
    this.#entries = entries;
  }

  /** The place of the first that matches, `NO_MATCH` or `OVER_BUDGET`. `path` is normalised, one byte a character. */
  find(path: string, work: PatternWork): number {
    this.#compiled ??= new CompiledPaths(readAll(this.#entries));
    return this.#compiled.find(path, work);
  }
}

/** A single path pattern, for questions that no request waits for. That of a refused text matches everything which it may have meant. */
export interface PathPattern {
  /** `lowerPath` is `path` in lower case. */
  matches(path: string, lowerPath: string): boolean;
}

export function compilePathPattern(text: string): PathPattern {
  const list = new PathPatternList([{ text, isClosed: true }]);
  return { matches: (path) => list.find(path, newWork()) !== NO_MATCH };
}

/** In steps: one more automaton, beyond its patterns. */
const AUTOMATON_STEPS = 300;
/** One more way through a known path takes little, but a host may have thousands of exceptions. */
const BYTES_PER_STEP = 8;

/**
 * One automaton of what all entries take. Only where the first of them excepts the path, what comes behind it is looked at by itself, run by
 * run: each ends with an entry that has an exception. Exceptions and runs are compiled when they are asked for, at the cost of the caller.
 */
class CompiledPaths {
  readonly #all: Automaton;
  /** Empty where no entry has an exception. */
  readonly #readings: readonly Reading[];
  readonly #runEnds: Int32Array;
  readonly #exceptions = new Map<number, Automaton>();
  /** By the place they begin at. */
  readonly #runs = new Map<number, Automaton>();

  constructor(readings: readonly Reading[]) {
    this.#all = new Automaton(writeSet(readings.map(({ take }) => take)));
    this.#readings = readings.some(({ except }) => except !== null) ? readings : [];
    this.#runEnds = endsOf(this.#readings);
  }

  find(path: string, work: PatternWork): number {
    let found = this.#all.find(path, work);
    while (found >= 0) {
      const excepted = this.#findException(found, path, work);
      if (excepted === NO_MATCH) return found;
      found = excepted === OVER_BUDGET ? OVER_BUDGET : this.#findBehind(found + 1, path, work);
    }
    return found;
  }

  #findException(place: number, path: string, work: PatternWork): number {
    const except = this.#readings[place]?.except ?? null;
    if (except === null) return NO_MATCH;
    return pay(path, work, this.#exceptions.get(place))
      ? this.#exceptionAt(place, except).find(path, work)
      : OVER_BUDGET;
  }

  #findBehind(first: number, path: string, work: PatternWork): number {
    for (let place = first; place < this.#readings.length; place = this.#runEnds[place] ?? Infinity) {
      if (!pay(path, work, this.#runs.get(place))) return OVER_BUDGET;
      const found = this.#runAt(place).find(path, work);
      if (found !== NO_MATCH) return found === OVER_BUDGET ? OVER_BUDGET : place + found;
    }
    return NO_MATCH;
  }

  #exceptionAt(place: number, except: ParsedPattern): Automaton {
    const automaton = this.#exceptions.get(place) ?? new Automaton(writeSet([except]));
    this.#exceptions.set(place, automaton);
    return automaton;
  }

  #runAt(place: number): Automaton {
    const known = this.#runs.get(place);
    if (known !== undefined) return known;
    const takes = this.#readings.slice(place, this.#runEnds[place]).map(({ take }) => take);
    const automaton = new Automaton(writeSet(takes));
    this.#runs.set(place, automaton);
    return automaton;
  }
}

function pay(path: string, work: PatternWork, known: Automaton | undefined): boolean {
  work.patternStepsLeft -= Math.ceil(path.length / BYTES_PER_STEP) + (known === undefined ? AUTOMATON_STEPS : 0);
  return work.patternStepsLeft >= 0;
}

/** For each place, where the run that it is in is over. */
function endsOf(readings: readonly Reading[]): Int32Array {
  const ends = new Int32Array(readings.length);
  let end = readings.length;
  for (let place = readings.length - 1; place >= 0; place--) {
    if (readings[place]?.except !== null) end = place + 1;
    ends[place] = end;
  }
  return ends;
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
