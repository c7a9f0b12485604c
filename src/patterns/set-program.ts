import { ANY_BYTE } from "./byte-set.ts";
import { PairTable } from "./pair-table.ts";
import type { ParsedPattern } from "./parse.ts";
import { OP, type Program, ProgramWriter } from "./program.ts";
import { ASSERT, type Node, repeatNode, sequence, setNode } from "./syntax.ts";

/**
 * One program for many patterns, which are looked for anywhere unless they begin with `^`. What they begin with is shared, as in a tree
 * of letters: a thousand paths below `/api/` are one path up to there, and a byte leaves only those that go on with it.
 */
export function writeSet(patterns: readonly (ParsedPattern | null)[]): Program {
  const tree = new PrefixTree();
  for (const [number, pattern] of patterns.entries()) if (pattern !== null) tree.insert(pattern.root, number);
  return tree.finish();
}

/**
 * A node of the tree is the instruction from whose `out` its children are reached. All children of a node differ, but more than one
 * of them may take a byte.
 */
class PrefixTree {
  readonly #writer = new ProgramWriter("no-groups");
  readonly #root = this.#writer.add(OP.split, 0, 0);
  /** By node and by what stands there, as a key. */
  readonly #children = new PairTable();
  readonly #keys = new Map<string, number>();

  insert(root: Node, number: number): void {
    this.#writer.owner = number;
    const end = this.#writer.add(OP.match, 0, number);
    const pending = [root];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const parts = flatten(node);
      const [first] = parts;
      if (parts.length === 1 && first?.kind === "either") pending.push(...first.parts);
      else if (first?.kind === "assert" && first.what === ASSERT.textStart) this.#insertParts(parts.slice(1), end);
      else this.#insertParts([ANYTHING, ...parts], end);
    }
  }

  #insertParts(parts: readonly Node[], end: number): void {
    let at = this.#root;
    let shared = 0;
    for (let key = this.#keyOf(parts[0]); key !== 0; key = this.#keyOf(parts[shared])) {
      at = this.#children.get(at, key) || this.#grow(at, key, parts[shared]);
      shared++;
    }
    this.#addWay(at, this.#writer.write(sequence(parts.slice(shared)), end));
  }

  finish(): Program {
    return this.#writer.finish(this.#root);
  }

  /** Equal for parts that match the same; 0 for those that are not shared. Above zero: bytes of one set; below: more of them. */
  #keyOf(part: Node | undefined): number {
    if (part?.kind === "set") return this.#writer.setNumber(part.set) + 1;
    if (part?.kind !== "repeat" || part.sub.kind !== "set") return 0;
    const text = `${this.#writer.setNumber(part.sub.set)} ${part.min} ${part.max}`;
    const key = this.#keys.get(text) ?? -1 - this.#keys.size;
    this.#keys.set(text, key);
    return key;
  }

  #grow(parent: number, key: number, part: Node | undefined): number {
    const writer = this.#writer;
    const child = key > 0 ? writer.add(OP.set, 0, key - 1) : writer.add(OP.split, 0, 0);
    this.#addWay(parent, key > 0 || part === undefined ? child : writer.write(part, child));
    this.#children.set(parent, key, child);
    return child;
  }

  #addWay(from: number, to: number): void {
    const writer = this.#writer;
    const others = writer.outOf(from);
    writer.setOut(from, others === 0 ? to : writer.add(OP.split, to, others));
  }
}

/** What may stand before a match. */
const ANYTHING = repeatNode(setNode(ANY_BYTE), { min: 0, max: -1, greedy: true });

/** The parts of a pattern in a row. Groups are none of its parts here, since nothing is captured. */
function flatten(root: Node): readonly Node[] {
  const parts: Node[] = [];
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.kind === "capture") pending.push(node.sub);
    else if (node.kind === "sequence") pending.push(...node.parts.toReversed());
    else parts.push(node);
  }
  return parts;
}
