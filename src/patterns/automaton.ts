import { contextAfter, holds, NO_BYTE } from "./assertions.ts";
import { type ByteClasses, classifyBytes } from "./byte-classes.ts";
import type { PatternWork } from "./limits.ts";
import { OP, type Program } from "./program.ts";
import { StateCache } from "./state-cache.ts";
import { Threads } from "./threads.ts";

/** No pattern matches. */
export const NO_MATCH = -1;
/** The request has spent what it may spend on patterns: nothing is known. */
export const OVER_BUDGET = -2;

/** Cost in steps, apart from its instructions, of following a byte to a state that is not cached. */
const STEP_COST = 10;

/**
 * Runs a program of many patterns over a text at once, byte by byte, and finds the lowest number of those that match. The states
 * that it meets are kept, each with what follows on which byte, so that texts like those before cost one look-up a byte. A new state
 * costs a step for each instruction that is looked at, taken from the request's work. Whatever is still under way for higher numbers
 * than one that has matched is dropped: the first `/` or `/api(.*)` that nothing before can beat ends the search.
 */
export class Automaton {
  readonly #program: Program;
  readonly #classes: ByteClasses;
  readonly #cache: StateCache;
  readonly #threads: Threads;
  /** The threads of a state with its assertions followed. */
  readonly #followed: Threads;

  constructor(program: Program) {
    this.#program = program;
    this.#classes = classifyBytes(program);
    this.#cache = new StateCache(program.length, this.#classes.count + 1);
    this.#threads = new Threads(program);
    this.#followed = new Threads(program);
  }

  /** The number of the first pattern that matches, `NO_MATCH` or `OVER_BUDGET`. `text` is one byte a character. */
  find(text: string, work: PatternWork): number {
    const { of: classOf, count: end } = this.#classes;
    const cache = this.#cache;
    let state = cache.start === 0 ? this.#open(work) : cache.start;
    for (let i = 0; i < text.length && state > 0; i++) {
      const byte = text.charCodeAt(i) & 0xff;
      const column = classOf[byte] ?? 0;
      const known = cache.follow(state, column);
      state = known === 0 ? this.#step(state, byte, work) : known;
    }
    if (state > 0) state = cache.follow(state, end) || this.#step(state, NO_BYTE, work);
    return state === 0 ? OVER_BUDGET : resultOf(state);
  }

  /** The state before the first byte, or a result where nothing is left to be seen. 0 when the work is spent. */
  #open(work: PatternWork): number {
    const threads = this.#threads;
    threads.clear(Infinity);
    threads.add(this.#program.start);
    if (!spend(work, threads.takeVisits())) return 0;
    const next = this.#stateOf(contextAfter(NO_BYTE));
    this.#cache.start = next;
    return next;
  }

  #step(state: number, byte: number, work: PatternWork): number {
    const cache = this.#cache;
    if (work.patternStepsLeft < cache.countOf(state)) {
      work.patternStepsLeft = -1;
      return 0;
    }
    const from = this.#here(state, byte);
    const threads = this.#threads;
    threads.clear(from.best);
    if (byte !== NO_BYTE) this.#move(from, byte);
    const spent = STEP_COST + from.count + from.takeVisits() + threads.takeVisits();
    const flushes = cache.flushes;
    const next = byte === NO_BYTE ? finalState(from.best) : this.#stateOf(contextAfter(byte));
    // What was thrown away to make room has no place for what follows it.
    if (cache.flushes === flushes)
      cache.note(state, byte === NO_BYTE ? this.#classes.count : (this.#classes.of[byte] ?? 0), next);
    return spend(work, spent + cache.takeCost()) ? next : 0;
  }

  /** What goes on with this byte. */
  #move(from: Threads, byte: number): void {
    const { code, sets } = this.#program;
    const { list, count } = from;
    for (let i = 0; i < count; i++) {
      const at = (list[i] ?? 0) * 3;
      const word = sets[(code[at + 2] ?? 0) * 8 + (byte >>> 5)] ?? 0;
      if (code[at] === OP.set && (word & (1 << (byte & 31))) !== 0) this.#threads.add(code[at + 1] ?? 0);
    }
  }

  /** The threads of a state, with every assertion followed that holds before this byte. */
  #here(state: number, byte: number): Threads {
    const cache = this.#cache;
    const threads = this.#followed;
    const context = cache.contextOf(state);
    cache.restore(state, threads);
    if (!cache.hasAssertions(state)) return threads;
    const { code } = this.#program;
    // Grows while it is read: behind an assertion there may be another one.
    for (let i = 0; i < threads.count; i++) {
      const at = (threads.list[i] ?? 0) * 3;
      if (code[at] === OP.assert && holds(code[at + 2] ?? 0, context, byte)) threads.add(code[at + 1] ?? 0);
    }
    return threads;
  }

  #stateOf(context: number): number {
    const threads = this.#threads;
    threads.prune();
    if (threads.count === 0) return finalState(threads.best);
    return this.#cache.find(threads, threads.hasAssertions ? context : 0);
  }
}

function spend(work: PatternWork, steps: number): boolean {
  work.patternStepsLeft -= steps;
  return work.patternStepsLeft >= 0;
}

/** Below zero, so that it is no state: the search is over. */
function finalState(best: number): number {
  return best === Infinity ? -1 : -2 - best;
}

function resultOf(state: number): number {
  return state === -1 ? NO_MATCH : -2 - state;
}
