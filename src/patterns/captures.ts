import { contextAfter, holds, NO_BYTE } from "./assertions.ts";
import type { PatternWork } from "./limits.ts";
import type { ParsedPattern } from "./parse.ts";
import { argOf, OP, opOf, outOf, type Program, ProgramWriter, setHas } from "./program.ts";

const FIRST_JOBS = 64;
/** Instructions times places that are remembered: 2 MB of bits. */
const MAX_VISITED_BITS = 2 ** 24;
const SLOTS = 20;

/**
 * Finds what the groups of one pattern take of a text, in the first match anywhere and there as a backtracking engine would. No
 * instruction is tried twice at one place, and each costs a step of the request's work.
 */
export class Captures {
  readonly #program: Program;
  readonly #groups: number;

  constructor({ root, groups }: ParsedPattern) {
    const writer = new ProgramWriter("first-nine-groups");
    const end = writer.add(OP.save, writer.add(OP.match, 0, 0), 1);
    const begin = writer.add(OP.save, writer.write(root, end), 0);
    this.#program = writer.finish(writer.anywhere(begin));
    this.#groups = Math.min(9, groups);
  }

  /** Groups 0 to 9, empty where one took no part. No groups at all when nothing matches; null when the work is spent. */
  find(text: string, work: PatternWork): readonly string[] | null {
    const bits = this.#program.length * (text.length + 1);
    if (bits > MAX_VISITED_BITS) {
      work.patternStepsLeft = -1;
      return null;
    }
    const scratch = SCRATCH;
    scratch.clear(bits);
    scratch.push(this.#program.start, 0);
    while (scratch.pop()) {
      const { pc, place } = scratch;
      if (pc < 0) scratch.slots[-1 - pc] = place;
      else if (this.#run(pc, place, text, work)) return this.#taken(text);
      if (work.patternStepsLeft < 0) return null;
    }
    return NONE;
  }

  /** Goes on from one place until the pattern has matched, which gives true, or no further. */
  #run(first: number, from: number, text: string, work: PatternWork): boolean {
    const program = this.#program;
    let pc = first;
    let place = from;
    while (work.patternStepsLeft >= 0 && SCRATCH.isNew(pc * (text.length + 1) + place)) {
      work.patternStepsLeft--;
      const arg = argOf(program, pc);
      switch (opOf(program, pc)) {
        case OP.set:
          if (place === text.length || !setHas(program, arg, text.charCodeAt(place) & 0xff)) return false;
          place++;
          break;
        case OP.split:
          SCRATCH.push(arg, place);
          break;
        case OP.save:
          SCRATCH.push(-1 - arg, SCRATCH.slots[arg] ?? -1);
          SCRATCH.slots[arg] = place;
          break;
        case OP.assert:
          if (!holds(arg, contextAfter(byteAt(text, place - 1)), byteAt(text, place))) return false;
          break;
        default:
          return opOf(program, pc) === OP.match;
      }
      pc = outOf(program, pc);
    }
    return false;
  }

  #taken(text: string): readonly string[] {
    const groups: string[] = [];
    for (let group = 0; group <= this.#groups; group++) {
      const from = SCRATCH.slots[group * 2] ?? -1;
      const to = SCRATCH.slots[group * 2 + 1] ?? -1;
      groups.push(from === -1 || to === -1 ? "" : text.slice(from, to));
    }
    return groups;
  }
}

/** What a search needs besides its program: one for all, since each ends in the turn in which it begins. */
class Scratch {
  readonly slots = new Int32Array(SLOTS);
  /** What was popped: an instruction and a place to try; or a slot, as -1 minus its number, and what to put back there. */
  pc = 0;
  place = 0;
  #visited = new Uint32Array(FIRST_JOBS);
  #jobs = new Int32Array(FIRST_JOBS);
  #jobEnd = 0;

  clear(bits: number): void {
    const words = (bits >>> 5) + 1;
    if (this.#visited.length < words) this.#visited = new Uint32Array(words);
    else this.#visited.fill(0, 0, words);
    this.slots.fill(-1);
    this.#jobEnd = 0;
  }

  /** False when nothing is left to try. */
  pop(): boolean {
    if (this.#jobEnd === 0) return false;
    this.#jobEnd -= 2;
    this.pc = this.#jobs[this.#jobEnd] ?? 0;
    this.place = this.#jobs[this.#jobEnd + 1] ?? 0;
    return true;
  }

  push(pc: number, place: number): void {
    if (this.#jobEnd + 2 > this.#jobs.length) {
      const larger = new Int32Array(this.#jobs.length * 2);
      larger.set(this.#jobs);
      this.#jobs = larger;
    }
    this.#jobs[this.#jobEnd++] = pc;
    this.#jobs[this.#jobEnd++] = place;
  }

  isNew(bit: number): boolean {
    const word = this.#visited[bit >>> 5] ?? 0;
    const mask = 1 << (bit & 31);
    this.#visited[bit >>> 5] = word | mask;
    return (word & mask) === 0;
  }
}

const SCRATCH = new Scratch();
const NONE: readonly string[] = [];

function byteAt(text: string, place: number): number {
  return place < 0 || place >= text.length ? NO_BYTE : text.charCodeAt(place) & 0xff;
}
