import type { Threads } from "./threads.ts";

/** Room for states, so that what traffic makes of a pattern costs a small multiple of the pattern: see `StateCache`. */
const LEAST_ENTRIES = 16_384;
const ENTRIES_PER_INSTRUCTION = 8;
const FIRST_STATES = 16;
/** In steps, apart from its threads. */
const NEW_STATE_COST = 20;

/**
 * The states that an automaton has met. A state is a set of waiting instructions, the number that has matched, and what an assertion
 * may ask about the byte before. When there is no more room all of them are thrown away, and those that are met again are made again.
 */
export class StateCache {
  /** The state before the first byte; below zero when that is already a result, 0 when it is not known. */
  start = 0;
  /** How often everything was thrown away. */
  flushes = 0;
  readonly #width: number;
  readonly #maxEntries: number;
  /** What follows: a row for each state, a column for each class of bytes. 0: not known. Below zero: a result. */
  #table: Int32Array;
  #members: Int32Array;
  #memberEnd = 0;
  #count = 1;
  readonly #first: number[] = [0];
  readonly #best: number[] = [0];
  readonly #context: number[] = [0];
  readonly #asserts: boolean[] = [false];
  readonly #byHash = new Map<number, number>();
  readonly #sameHash: number[] = [0];
  #cost = 0;

  /** `width` is the number of columns. */
  constructor(instructions: number, width: number) {
    this.#width = width;
    this.#maxEntries = Math.max(LEAST_ENTRIES, instructions * ENTRIES_PER_INSTRUCTION);
    this.#table = new Int32Array(FIRST_STATES * width);
    this.#members = new Int32Array(FIRST_STATES * 4);
  }

  follow(state: number, column: number): number {
    return this.#table[state * this.#width + column] ?? 0;
  }

  note(state: number, column: number, next: number): void {
    this.#table[state * this.#width + column] = next;
  }

  countOf(state: number): number {
    return (this.#first[state + 1] ?? this.#memberEnd) - (this.#first[state] ?? 0);
  }

  contextOf(state: number): number {
    return this.#context[state] ?? 0;
  }

  hasAssertions(state: number): boolean {
    return this.#asserts[state] ?? false;
  }

  restore(state: number, threads: Threads): void {
    threads.clear(this.#best[state] ?? Infinity);
    const from = this.#first[state] ?? 0;
    const to = from + this.countOf(state);
    for (let i = from; i < to; i++) threads.put(this.#members[i] ?? 0);
  }

  /** The state of these threads, which is made if it is new. */
  find(threads: Threads, context: number): number {
    const hash = hashOf(threads, context);
    for (let state = this.#byHash.get(hash) ?? 0; state !== 0; state = this.#sameHash[state] ?? 0) {
      this.#cost++;
      if (this.#is(state, threads, context)) return state;
    }
    this.#cost += NEW_STATE_COST;
    if (this.#isFull(threads.count)) this.#flush();
    return this.#make(threads, context, hash);
  }

  /** What was spent on finding and making states since it was asked last, in steps. */
  takeCost(): number {
    const cost = this.#cost;
    this.#cost = 0;
    return cost;
  }

  #is(state: number, threads: Threads, context: number): boolean {
    if (this.#best[state] !== threads.best || this.#context[state] !== context) return false;
    if (this.countOf(state) !== threads.count) return false;
    const from = this.#first[state] ?? 0;
    for (let i = from; i < from + threads.count; i++) if (!threads.has(this.#members[i] ?? 0)) return false;
    return true;
  }

  #isFull(members: number): boolean {
    return this.#count * this.#width >= this.#maxEntries || this.#memberEnd + members > this.#maxEntries;
  }

  #flush(): void {
    this.flushes++;
    this.start = 0;
    this.#table.fill(0);
    this.#memberEnd = 0;
    this.#count = 1;
    for (const column of [this.#first, this.#best, this.#context, this.#sameHash]) column.length = 1;
    this.#asserts.length = 1;
    this.#byHash.clear();
  }

  #make(threads: Threads, context: number, hash: number): number {
    const state = this.#count++;
    const end = this.#memberEnd + threads.count;
    if (this.#count * this.#width > this.#table.length) this.#table = grown(this.#table, this.#count * this.#width);
    if (end > this.#members.length) this.#members = grown(this.#members, end);
    this.#members.set(threads.list.subarray(0, threads.count), this.#memberEnd);
    this.#first.push(this.#memberEnd);
    this.#memberEnd = end;
    this.#best.push(threads.best);
    this.#context.push(context);
    this.#asserts.push(threads.hasAssertions);
    this.#sameHash.push(this.#byHash.get(hash) ?? 0);
    this.#byHash.set(hash, state);
    return state;
  }
}

/** The same in whatever order the threads came. */
function hashOf(threads: Threads, context: number): number {
  let hash = context;
  for (let i = 0; i < threads.count; i++) {
    const mixed = Math.imul((threads.list[i] ?? 0) + 1, 0x9e37_79b1);
    hash = (hash + (mixed ^ (mixed >>> 15))) | 0;
  }
  return hash;
}

function grown(array: Int32Array, least: number): Int32Array {
  const larger = new Int32Array(Math.max(array.length * 2, least));
  larger.set(array);
  return larger;
}
