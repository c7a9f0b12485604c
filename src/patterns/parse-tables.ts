import { BYTES, type CaseMode, oneByte } from "./byte-set.ts";
import { ASSERT, type Assertion, type Node, setNode } from "./syntax.ts";

/** What `(?…)` switches, for the rest of the group it stands in. */
export interface Flags {
  readonly mode: CaseMode;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly ungreedy: boolean;
}

/** Bytes that stand for themselves, whatever is before or behind them; they may be repeated. */
export const PLAIN = Uint8Array.from({ length: BYTES }, (_, byte) =>
  "\\^$.|?*+()[]{}".includes(String.fromCharCode(byte)) ? 0 : 1,
);

export const LITERALS: Readonly<Record<CaseMode, readonly Node[]>> = {
  "match-case": literals("match-case"),
  "ignore-case": literals("ignore-case"),
};

function literals(mode: CaseMode): readonly Node[] {
  return Array.from({ length: BYTES }, (_, byte) => setNode(oneByte(byte, mode)));
}

/** How often something is to stand; `max` is -1 where there is no end. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** True when it is written with numbers. */
  readonly counted: boolean;
}

export const SIGNS: ReadonlyMap<string, Range> = new Map([
  ["*", { min: 0, max: -1, counted: false }],
  ["+", { min: 1, max: -1, counted: false }],
  ["?", { min: 0, max: 1, counted: false }],
]);

/** By the letter behind the backslash. */
export const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ["A", ASSERT.textStart],
  ["z", ASSERT.textEnd],
  ["b", ASSERT.wordEdge],
  ["B", ASSERT.noWordEdge],
]);

type FlagChange = (on: boolean) => Partial<Flags>;
export const FLAGS: ReadonlyMap<string, FlagChange> = new Map<string, FlagChange>([
  ["i", (on) => ({ mode: on ? "ignore-case" : "match-case" })],
  ["m", (multiline) => ({ multiline })],
  ["s", (dotAll) => ({ dotAll })],
  ["U", (ungreedy) => ({ ungreedy })],
]);
