import { ANY_BYTE, type ByteSet } from "./byte-set.ts";
import type { Node, Repetition } from "./syntax.ts";

/** What an instruction does. `out` is where it goes on, `arg` is what the comments say. */
export const OP = {
  /** Nothing matches. Instruction 0 is always this. */
  fail: 0,
  /** `arg`: the number of the set that the next byte must be in. */
  set: 1,
  /** `arg`: where it goes on too, with less priority. */
  split: 2,
  /** `arg`: the `Assertion` that must hold here. */
  assert: 3,
  /** `arg`: the slot that the place is noted in. */
  save: 4,
  /** `arg`: the number of the pattern that has matched. */
  match: 5,
} as const;

const STRIDE = 3;
const SET_WORDS = 8;

/** Instructions of one or many patterns, in plain arrays: sixteen bytes for each. */
export interface Program {
  /** Op, out and arg of each instruction in turn. */
  readonly code: Int32Array;
  /** For each instruction the lowest number of a pattern that it may lead to. */
  readonly owners: Int32Array;
  /** Eight words for each set. */
  readonly sets: Uint32Array;
  readonly setCount: number;
  readonly start: number;
  readonly length: number;
}

export function opOf({ code }: Program, pc: number): number {
  return code[pc * STRIDE] ?? OP.fail;
}

export function outOf({ code }: Program, pc: number): number {
  return code[pc * STRIDE + 1] ?? 0;
}

export function argOf({ code }: Program, pc: number): number {
  return code[pc * STRIDE + 2] ?? 0;
}

export function setHas({ sets }: Program, set: number, byte: number): boolean {
  return ((sets[set * SET_WORDS + (byte >>> 5)] ?? 0) & (1 << (byte & 31))) !== 0;
}

/** Whether once more comes before going on. */
type Greed = Pick<Repetition, "greedy">;
const LAZY: Greed = { greedy: false };

/** Which groups leave a trace in the program. */
export type SavesGroups = "no-groups" | "first-nine-groups";

const LAST_SAVED_GROUP = 9;

/**
 * Writes patterns as instructions. Code is written from the end to the beginning: each node is given where it goes on, and gives
 * where it begins.
 */
export class ProgramWriter {
  owner = 0;
  readonly #saves: SavesGroups;
  readonly #setNumbers = new Map<ByteSet, number>();
  readonly #setNumbersByContent = new Map<string, number>();
  #code = new Int32Array(64 * STRIDE);
  #owners = new Int32Array(64);
  #sets = new Uint32Array(16 * SET_WORDS);
  #setCount = 0;
  #length = 0;

  constructor(saves: SavesGroups) {
    this.#saves = saves;
    this.add(OP.fail, 0, 0);
  }

  get length(): number {
    return this.#length;
  }

  add(op: number, out: number, arg: number): number {
    const pc = this.#length++;
    if (pc === this.#owners.length) {
      this.#code = grown(this.#code, Int32Array);
      this.#owners = grown(this.#owners, Int32Array);
    }
    this.#code[pc * STRIDE] = op;
    this.#code[pc * STRIDE + 1] = out;
    this.#code[pc * STRIDE + 2] = arg;
    this.#owners[pc] = this.owner;
    return pc;
  }

  outOf(pc: number): number {
    return this.#code[pc * STRIDE + 1] ?? 0;
  }

  setOut(pc: number, out: number): void {
    this.#code[pc * STRIDE + 1] = out;
  }

  setNumber(set: ByteSet): number {
    const known = this.#setNumbers.get(set);
    if (known !== undefined) return known;
    const content = String.fromCharCode(...new Uint16Array(set.buffer, set.byteOffset, SET_WORDS * 2));
    const number = this.#setNumbersByContent.get(content) ?? this.#newSet(set);
    this.#setNumbersByContent.set(content, number);
    this.#setNumbers.set(set, number);
    return number;
  }

  #newSet(set: ByteSet): number {
    const number = this.#setCount++;
    if ((number + 1) * SET_WORDS > this.#sets.length) this.#sets = grown(this.#sets, Uint32Array);
    this.#sets.set(set, number * SET_WORDS);
    return number;
  }

  /** Gives where the node begins; behind it the program goes on at `next`. */
  write(node: Node, next: number): number {
    if (node.kind === "empty") return next;
    if (node.kind === "set") return this.add(OP.set, next, this.setNumber(node.set));
    if (node.kind === "assert") return this.add(OP.assert, next, node.what);
    if (node.kind === "capture") return this.#writeCapture(node.sub, node.group, next);
    if (node.kind === "sequence") return this.#writeSequence(node.parts, next);
    return node.kind === "either" ? this.#writeEither(node.parts, next) : this.#writeRepeat(node, next);
  }

  #writeSequence(parts: readonly Node[], next: number): number {
    let at = next;
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i];
      if (part !== undefined) at = this.write(part, at);
    }
    return at;
  }

  #writeEither(parts: readonly Node[], next: number): number {
    let at = -1;
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i];
      if (part === undefined) continue;
      const begin = this.write(part, next);
      at = at === -1 ? begin : this.add(OP.split, begin, at);
    }
    return at;
  }

  #writeCapture(sub: Node, group: number, next: number): number {
    if (this.#saves === "no-groups" || group > LAST_SAVED_GROUP) return this.write(sub, next);
    const end = this.add(OP.save, next, group * 2 + 1);
    return this.add(OP.save, this.write(sub, end), group * 2);
  }

  #writeRepeat(node: Extract<Node, { kind: "repeat" }>, next: number): number {
    const { sub, min, max } = node;
    if (max === -1) return this.#copies(sub, min - 1, min === 0 ? this.#star(node, next) : this.#plus(node, next));
    let at = next;
    for (let i = min; i < max; i++) at = this.#choice(this.write(sub, at), next, node);
    return this.#copies(sub, min, at);
  }

  #copies(sub: Node, times: number, next: number): number {
    let at = next;
    for (let i = 0; i < times; i++) at = this.write(sub, at);
    return at;
  }

  /** What may be empty is written as `(x+)?`: then an empty turn is as good as none, and captures are RE2's. */
  #star(node: Extract<Node, { kind: "repeat" }>, next: number): number {
    if (node.sub.nullable) return this.#choice(this.#plus(node, next), next, node);
    const loop = this.#choice(0, next, node);
    this.#setChoice(loop, this.write(node.sub, loop), node);
    return loop;
  }

  #plus(node: Extract<Node, { kind: "repeat" }>, next: number): number {
    const loop = this.#choice(0, next, node);
    const begin = this.write(node.sub, loop);
    this.#setChoice(loop, begin, node);
    return begin;
  }

  #choice(inside: number, next: number, { greedy }: Greed): number {
    return greedy ? this.add(OP.split, inside, next) : this.add(OP.split, next, inside);
  }

  #setChoice(pc: number, inside: number, { greedy }: Greed): void {
    this.#code[pc * STRIDE + (greedy ? 1 : 2)] = inside;
  }

  /** `start` after any number of bytes, for matches that may begin anywhere; earlier beginnings first. */
  anywhere(start: number): number {
    const loop = this.add(OP.split, start, 0);
    this.#setChoice(loop, this.add(OP.set, loop, this.setNumber(ANY_BYTE)), LAZY);
    return loop;
  }

  finish(start: number): Program {
    return {
      code: this.#code.slice(0, this.#length * STRIDE),
      owners: this.#owners.slice(0, this.#length),
      sets: this.#sets.slice(0, this.#setCount * SET_WORDS),
      setCount: this.#setCount,
      start,
      length: this.#length,
    };
  }
}

function grown<T extends Int32Array | Uint32Array>(array: T, type: new (length: number) => T): T {
  const larger = new type(array.length * 2);
  larger.set(array);
  return larger;
}
