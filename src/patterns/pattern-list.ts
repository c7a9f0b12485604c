import { Automaton, NO_MATCH } from "./automaton.ts";
import type { CaseMode } from "./byte-set.ts";
import type { PatternWork } from "./limits.ts";
import { parsePattern } from "./parse.ts";
import { writeSet } from "./set-program.ts";

/** Patterns that are looked for anywhere in a text, unless they begin with `^`. Nothing is compiled before the first text comes. */
export class PatternList {
  readonly #texts: readonly string[];
  readonly #mode: CaseMode;
  #automaton: Automaton | null = null;

  /** Text that is no pattern, or is too large, matches nothing. */
  constructor(texts: readonly string[], mode: CaseMode) {
    this.#texts = texts;
    this.#mode = mode;
  }

  /** The place of the first that matches, `NO_MATCH` or `OVER_BUDGET`. `text` is one byte a character. */
  find(text: string, work: PatternWork): number {
    if (this.#texts.length === 0) return NO_MATCH;
    this.#automaton ??= this.#compile();
    return this.#automaton.find(text, work);
  }

  #compile(): Automaton {
    const patterns = this.#texts.map((text) => {
      const parsed = parsePattern(text, this.#mode);
      return parsed.ok ? parsed.value : null;
    });
    return new Automaton(writeSet(patterns));
  }
}
