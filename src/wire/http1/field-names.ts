import { isAll, TOKEN } from "./characters.ts";

/** A valid field name, looked up once and remembered. */
export interface FieldName {
  /** As sent. A copy that keeps no other text alive. */
  readonly raw: string;
  /** How its line begins: `Name: `. */
  readonly lineStart: string;
  readonly lower: string;
  readonly hasUnderscore: boolean;
  /** True for the few names that the engine treats in a way of their own; all others need no further look-up. */
  readonly special: boolean;
}

const SPECIAL_NAMES: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const REMEMBERED_LIMIT = 1024;
const REMEMBERED_NAME_LENGTH = 48;
const remembered = new Map<string, FieldName>();

/**
 * The field name of that spelling, or null when it is not a token (RFC 9110 §5.1). Real traffic uses few spellings, so that
 * checking and lower-casing cost one map look-up; the map is emptied when invented names have filled it.
 */
export function fieldName(raw: string): FieldName | null {
  return remembered.get(raw) ?? learn(raw);
}

/** Where the last name of that length, first and last character was found again without being cut out of its text. */
const SEEN_SLOTS = 512;
const seen: (FieldName | undefined)[] = Array.from({ length: SEEN_SLOTS });

/** The field name `text[start, end)`, as `fieldName`. */
export function fieldNameAt(text: string, start: number, end: number): FieldName | null {
  const length = end - start;
  const slot = (length * 37 + text.charCodeAt(start) * 5 + text.charCodeAt(end - 1) * 11) % SEEN_SLOTS;
  const last = seen[slot];
  if (last !== undefined && last.raw.length === length && text.startsWith(last.raw, start)) return last;
  const name = fieldName(text.slice(start, end));
  if (name !== null) seen[slot] = name;
  return name;
}

function learn(raw: string): FieldName | null {
  if (!isAll(TOKEN, raw)) return null;
  const copy = detached(raw);
  const lower = copy.toLowerCase();
  const name = {
    raw: copy,
    lineStart: `${copy}: `,
    lower,
    hasUnderscore: copy.includes("_"),
    special: SPECIAL_NAMES.has(lower),
  };
  if (copy.length > REMEMBERED_NAME_LENGTH) return name;
  if (remembered.size >= REMEMBERED_LIMIT) remembered.clear();
  remembered.set(copy, name);
  return name;
}

/** A slice of a large text keeps all of it in memory; what is remembered must not. */
export function detached(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("latin1");
}
