import { OP, type Program } from "./program.ts";

/** Instructions that wait for the next byte, and the lowest number of a pattern that has matched. One is used again and again. */
export class Threads {
  readonly list: Int32Array;
  count = 0;
  /** Infinity: none. */
  best = Infinity;
  hasAssertions = false;
  readonly #program: Program;
  readonly #stack: Int32Array;
  /** Instructions that were met since the last `clear` have its number here. */
  readonly #seen: Int32Array;
  #generation = 0;
  #visits = 0;

  constructor(program: Program) {
    this.#program = program;
    this.list = new Int32Array(program.length);
    this.#stack = new Int32Array(program.length + 1);
    this.#seen = new Int32Array(program.length);
  }

  clear(best: number): void {
    this.count = 0;
    this.best = best;
    this.hasAssertions = false;
    this.#generation++;
    if (this.#generation < LAST_GENERATION) return;
    this.#seen.fill(0);
    this.#generation = 1;
  }

  /** Adds what is reached from an instruction without a byte. Assertions wait, since what they ask is not known yet. */
  add(first: number): void {
    const { code } = this.#program;
    const stack = this.#stack;
    const seen = this.#seen;
    stack[0] = first;
    for (let depth = 1; depth > 0;) {
      const pc = stack[--depth] ?? 0;
      this.#visits++;
      if (seen[pc] === this.#generation) continue;
      seen[pc] = this.#generation;
      const at = pc * 3;
      const op = code[at] ?? OP.fail;
      if (op === OP.set) this.list[this.count++] = pc;
      else if (op === OP.split) {
        stack[depth++] = code[at + 2] ?? 0;
        stack[depth++] = code[at + 1] ?? 0;
      } else if (op === OP.match) this.best = Math.min(this.best, code[at + 2] ?? 0);
      else if (op === OP.assert) {
        this.hasAssertions = true;
        this.list[this.count++] = pc;
      }
    }
  }

  /** Adds one that is known to wait. */
  put(pc: number): void {
    this.#seen[pc] = this.#generation;
    this.list[this.count++] = pc;
  }

  has(pc: number): boolean {
    return this.#seen[pc] === this.#generation;
  }

  /** Drops what can only lead to patterns that come after the one that has matched. */
  prune(): void {
    if (this.best === Infinity) return;
    const { owners } = this.#program;
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const pc = this.list[i] ?? 0;
      if ((owners[pc] ?? 0) < this.best) this.list[kept++] = pc;
    }
    this.count = kept;
  }

  /** Instructions looked at since it was asked last. */
  takeVisits(): number {
    const visits = this.#visits;
    this.#visits = 0;
    return visits;
  }
}

const LAST_GENERATION = 2 ** 31 - 1;
