import type { FieldError } from "../lib/field-error.ts";
import { printable } from "../lib/printable.ts";

/** What a parser found wrong. Errors cost a part of the object; warnings cost nothing. Bounded: see `report`. */
export interface ParseLog {
  readonly errors: FieldError[];
  readonly warnings: FieldError[];
}

/** One JSON object, where it stands, and where to complain about it. */
export interface Fields {
  /** JSON path; empty for the whole object. */
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly log: ParseLog;
}

/** What a text field may hold. Control characters are never allowed. */
export interface TextRule {
  readonly limit: number;
  readonly pattern?: RegExp;
  /** Said when the pattern does not match. */
  readonly expected?: string;
}

/** A hostile object must not fill the memory with complaints about it. */
const MAX_REPORTS = 100;
const CONTROL = /[\u0000-\u001f\u007f]/;
const ANY_TEXT: TextRule = { limit: 8192 };

/**
 * Absent (also: JSON null) is `null`; present but wrong is `undefined`, and has been reported. So a caller that can do without
 * the field writes `?? fallback`, and one that must drop its object tests for `undefined`.
 */
export type Field<T> = T | null | undefined;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function reportError(log: ParseLog, field: string, value: unknown, message: string): void {
  report(log.errors, field, value, message);
}

export function reportWarning(log: ParseLog, field: string, value: unknown, message: string): void {
  report(log.warnings, field, value, message);
}

function report(list: FieldError[], field: string, value: unknown, message: string): void {
  if (list.length < MAX_REPORTS) list.push({ field: printable(field), value: printable(valueText(value)), message });
}

/** `spec.rules`, and `metadata.annotations["a/b"]` where the name is not a plain word. */
export function fieldPath(fields: Fields, name: string): string {
  return joinPath(fields.path, name);
}

function joinPath(path: string, name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** The value of an own field; absent and null are the same to Kubernetes. */
export function rawField(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields.values, name) ? (fields.values[name] ?? null) : null;
}

export function objectField(fields: Fields, name: string): Field<Fields> {
  const value = rawField(fields, name);
  if (value === null) return null;
  if (isRecord(value)) return { path: fieldPath(fields, name), values: value, log: fields.log };
  return wrongType(fields, name, "an object");
}

export function textField(fields: Fields, name: string, rule: TextRule = ANY_TEXT): Field<string> {
  const value = rawField(fields, name);
  if (value === null) return null;
  if (typeof value !== "string") return wrongType(fields, name, "a string");
  return checkText(fields.log, fieldPath(fields, name), value, rule);
}

function checkText(log: ParseLog, path: string, value: string, rule: TextRule): string | undefined {
  const complaint = textComplaint(value, rule);
  if (complaint === null) return value;
  reportError(log, path, value, complaint);
  return undefined;
}

function textComplaint(value: string, rule: TextRule): string | null {
  if (value.length > rule.limit) return `expected at most ${rule.limit} characters`;
  if (CONTROL.test(value)) return "expected text without control characters";
  if (rule.pattern !== undefined && !rule.pattern.test(value)) return rule.expected ?? "expected another form";
  return null;
}

/** One word out of a closed set, such as a path type. */
export function wordField<W extends string>(fields: Fields, name: string, words: readonly W[]): Field<W> {
  const value = rawField(fields, name);
  if (value === null) return null;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined)
    reportError(fields.log, fieldPath(fields, name), value, `expected one of ${words.join(", ")}`);
  return word;
}

export function booleanField(fields: Fields, name: string): Field<boolean> {
  const value = rawField(fields, name);
  return value === null || typeof value === "boolean" ? value : wrongType(fields, name, "true or false");
}

/** A TCP or UDP port, 1…65535. */
export function portField(fields: Fields, name: string): Field<number> {
  const value = rawField(fields, name);
  if (value === null) return null;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  return wrongType(fields, name, "a port number between 1 and 65535, without quotes");
}

/** Items that `parse` answers with null are dropped; it has reported why. A value that is no list counts as empty. */
export function listField<T>(fields: Fields, name: string, parse: (item: Item) => T | null): readonly T[] {
  const value = rawField(fields, name);
  if (value === null) return [];
  if (!Array.isArray(value)) {
    wrongType(fields, name, "a list");
    return [];
  }
  const path = fieldPath(fields, name);
  const parsed = value.map((json: unknown, i) => parse({ json, path: `${path}[${i}]`, position: i, log: fields.log }));
  // Filtering would leave room for sixteen more items, in each of the lists that stay in memory.
  return isWhole(parsed) ? parsed : parsed.filter((item) => item !== null);
}

function isWhole<T>(items: readonly (T | null)[]): items is readonly T[] {
  return !items.includes(null);
}

export interface Item {
  readonly json: unknown;
  readonly path: string;
  /** Index in the list as written. */
  readonly position: number;
  readonly log: ParseLog;
}

export function itemObject(item: Item): Fields | null {
  if (isRecord(item.json)) return { path: item.path, values: item.json, log: item.log };
  reportError(item.log, item.path, item.json, "expected an object");
  return null;
}

export function itemText(item: Item, rule: TextRule): string | null {
  if (typeof item.json === "string") return checkText(item.log, item.path, item.json, rule) ?? null;
  reportError(item.log, item.path, item.json, "expected a string");
  return null;
}

/** A map of strings. Keys keep their spelling, `__proto__` included. Wrong entries are dropped and reported. */
export function textMapField(fields: Fields, name: string): Field<ReadonlyMap<string, string>> {
  const map = objectField(fields, name);
  if (map === null || map === undefined) return map;
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(map.values)) {
    if (typeof value === "string") texts.set(key, value);
    else reportError(fields.log, fieldPath(map, key), value, "expected a string: put the value in quotes");
  }
  return texts;
}

/** Names the fields that Kubernetes does not know: nearly always a misspelling or a wrong indentation. */
export function warnUnknownFields(fields: Fields, known: ReadonlySet<string>): void {
  for (const name of Object.keys(fields.values)) {
    if (known.has(name)) continue;
    reportWarning(
      fields.log,
      fieldPath(fields, name),
      "",
      `unknown field, ignored; known here: ${[...known].join(", ")}`,
    );
  }
}

function wrongType(fields: Fields, name: string, expected: string): undefined {
  reportError(fields.log, fieldPath(fields, name), rawField(fields, name), `expected ${expected}`);
  return undefined;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null || typeof value !== "object") return "";
  return Array.isArray(value) ? "a list" : "an object";
}
