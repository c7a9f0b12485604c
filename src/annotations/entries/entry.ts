import type { Result } from "../../lib/result.ts";
import { NOT_YET, type SupportStatus } from "../../lib/support-status.ts";
import type { RiskLevel } from "../../model/settings.ts";
import type { Finding } from "./finding.ts";
import { parseBool } from "./value-parsers.ts";

/** Where the effect of an annotation reaches; what protects a `host` and is not supported closes all of it, for every Ingress. */
type Scope = "path" | "host" | "upstream";

/** What an annotation guards: where it is not supported or cannot be read, the routes of `access` and `rate` are closed with 503. */
type Protects = "access" | "rate" | "nothing";

/** One annotation, as the reference page lists it and as it is read. */
export interface AnnotationEntry {
  /** Without prefix and slash. */
  readonly name: string;
  /** Consulted only where the canonical key is absent or empty. */
  readonly aliases: readonly string[];
  readonly group: string;
  readonly scope: Scope;
  readonly risk: RiskLevel;
  readonly protects: Protects;
  /** What values look like. */
  readonly value: string;
  /** What absence means. */
  readonly fallback: string;
  readonly doc: string;
  readonly status: SupportStatus;
  /** Null where the annotation has no effect yet or ever. */
  readonly reader: Reader | null;
  /** For entries without reader: true for values that ask for nothing else than what happens anyway. */
  readonly isNoop: (value: string) => boolean;
}

/** How one annotation gets from text into the fields of its feature. */
export interface Reader {
  /** `exact` values are parsed as written (Go's ParseBool and Atoi take no spaces); `trimmed` ones line by line without spaces. */
  readonly text: "exact" | "trimmed";
  /** True for lists that people write over several lines. */
  readonly lines: boolean;
  /** The other annotation without which this one has no effect, such as `canary: "true"`, where it is missing; else null. */
  readonly missing: (fields: object) => string | null;
  /** Writes the fields; gives a finding where the value is bad or questionable. A bad value writes nothing. */
  readonly read: (value: string, fields: object) => Finding | null;
  /** What becomes of a value that cannot be used; null: it is as if the annotation were not there. */
  readonly otherwise: Otherwise | null;
}

/** What holds where a value cannot be used, because its absence would mean more than its author can have wanted. */
interface Otherwise {
  readonly write: (fields: object) => void;
  /** Half a sentence, such as `no origin is let in`. */
  readonly outcome: string;
}

/** From text to a typed value. The error is half a sentence, what was expected, or a finding that says itself what it costs. */
export type Parse<T> = (text: string) => Parsed<T>;

/** `finding`: the value is used, and there is something to say about it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly finding?: Finding | undefined }
  | Extract<Result<T, string | Finding>, { ok: false }>;

/** What entries of one feature have in common. */
export type Shared = Pick<AnnotationEntry, "group"> &
  Partial<Pick<AnnotationEntry, "scope" | "protects" | "status" | "aliases">>;

/** One annotation without effect: name, risk, what values look like, what absence means, doc, and which values change nothing. */
type Row = readonly [
  name: string,
  risk: AnnotationEntry["risk"],
  value: string,
  fallback: string,
  doc: string,
  isNoop?: (value: string) => boolean,
];

/** Annotations that are not supported, one row each; `shared` holds for all of them. */
export function unsupported(shared: Shared, rows: readonly Row[]): readonly AnnotationEntry[] {
  return rows.map(([name, risk, value, fallback, doc, isNoop = never]) => ({
    aliases: [],
    scope: "path",
    protects: "nothing",
    status: NOT_YET,
    reader: null,
    ...shared,
    name,
    risk,
    value,
    fallback,
    doc,
    isNoop,
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

export function never(): boolean {
  return false;
}
