import type { ByteSet } from "./byte-set.ts";

/** A parsed pattern. `size` is in steps and at least 1, so that it bounds a walk over a tree with its repetitions unrolled. */
export type Node = Shape & {
  readonly size: number;
  /** True when it may match nothing at all. */
  readonly nullable: boolean;
  /** Counted repetitions inside each other, multiplied. */
  readonly repeats: number;
};

type Shape =
  | { readonly kind: "empty" }
  | { readonly kind: "set"; readonly set: ByteSet }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "either"; readonly parts: readonly Node[] }
  /** `max` is -1 where there is no end. */
  | {
      readonly kind: "repeat";
      readonly sub: Node;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
    }
  | { readonly kind: "capture"; readonly sub: Node; readonly group: number };

export const ASSERT = { textStart: 0, textEnd: 1, lineStart: 2, lineEnd: 3, wordEdge: 4, noWordEdge: 5 } as const;
export type Assertion = (typeof ASSERT)[keyof typeof ASSERT];

const EMPTY: Node = { kind: "empty", size: 1, nullable: true, repeats: 1 };

export function setNode(set: ByteSet): Node {
  return { kind: "set", set, size: 1, nullable: false, repeats: 1 };
}

export function assertNode(what: Assertion): Node {
  return { kind: "assert", what, size: 1, nullable: true, repeats: 1 };
}

export function captureNode(sub: Node, group: number): Node {
  return { kind: "capture", sub, group, size: sub.size + 2, nullable: sub.nullable, repeats: sub.repeats };
}

export function sequence(parts: readonly Node[]): Node {
  const [first] = parts;
  if (first === undefined) return EMPTY;
  if (parts.length === 1) return first;
  const { size, repeats } = sums(parts);
  return { kind: "sequence", parts, size, repeats, nullable: parts.every(({ nullable }) => nullable) };
}

export function either(parts: readonly Node[]): Node {
  const [first] = parts;
  if (first === undefined) return EMPTY;
  if (parts.length === 1) return first;
  const { size, repeats } = sums(parts);
  return {
    kind: "either",
    parts,
    size: size + parts.length - 1,
    repeats,
    nullable: parts.some(({ nullable }) => nullable),
  };
}

function sums(parts: readonly Node[]): { size: number; repeats: number } {
  let size = 0;
  let repeats = 0;
  for (const part of parts) {
    size += part.size;
    repeats = Math.max(repeats, part.repeats);
  }
  return { size, repeats };
}

export interface Repetition {
  readonly min: number;
  readonly max: number;
  readonly greedy: boolean;
}

export function repeatNode(sub: Node, { min, max, greedy }: Repetition): Node {
  const nullable = min === 0 || sub.nullable;
  return {
    kind: "repeat",
    sub,
    min,
    max,
    greedy,
    size: repeatSize(sub.size, min, max),
    nullable,
    repeats: sub.repeats,
  };
}

/** `{n,m}`: the same, and heeded where repetitions are multiplied. */
export function countedNode(sub: Node, repetition: Repetition): Node {
  const { min, max } = repetition;
  const times = max === -1 ? Math.max(1, min) : max;
  return { ...repeatNode(sub, repetition), repeats: times * sub.repeats };
}

function repeatSize(sub: number, min: number, max: number): number {
  if (max === -1) return min === 0 ? sub + 2 : min * sub + 1;
  return Math.max(1, max * sub + (max - min));
}
