import { NOT_YET, WORKS } from "../lib/support-status.ts";
import type { AnnotationEntry, Reader } from "./entry.ts";
import { parseBool } from "./value-parsers.ts";

type Defaulted = "aliases" | "protects" | "status" | "needs" | "inert" | "reader" | "scope";

/** An annotation that is honoured; what is not said is the usual: acts per path, protects nothing, works, needs no other. */
export function honoured(
  fields: Omit<AnnotationEntry, Defaulted> & Partial<Pick<AnnotationEntry, Defaulted>> & { readonly reader: Reader },
): AnnotationEntry {
  return { aliases: [], scope: "path", protects: "nothing", status: WORKS, needs: null, inert: never, ...fields };
}

/** One annotation without effect: name, risk, what values look like, what absence means, doc, and which values change nothing. */
type Row = readonly [
  name: string,
  risk: AnnotationEntry["risk"],
  value: string,
  fallback: string,
  doc: string,
  inert?: (value: string) => boolean,
];

type Shared = Pick<AnnotationEntry, "group"> &
  Partial<Pick<AnnotationEntry, "scope" | "protects" | "status" | "aliases">>;

/** Annotations that are not honoured, one row each; `shared` holds for all of them. */
export function unhonoured(shared: Shared, rows: readonly Row[]): readonly AnnotationEntry[] {
  return rows.map(([name, risk, value, fallback, doc, inert = never]) => ({
    aliases: [],
    scope: "path",
    protects: "nothing",
    status: NOT_YET,
    reader: null,
    needs: null,
    ...shared,
    name,
    risk,
    value,
    fallback,
    doc,
    inert,
  }));
}

export function isFalse(value: string): boolean {
  const parsed = parseBool(value);
  return parsed.ok && !parsed.value;
}

export function isTrue(value: string): boolean {
  const parsed = parseBool(value);
  return parsed.ok && parsed.value;
}

export function isWord(...words: readonly string[]): (value: string) => boolean {
  return (value) => words.includes(value);
}

function never(): boolean {
  return false;
}
