import { flatCopy } from "../../lib/flat-copy.ts";
import { isAll, TOKEN } from "./characters.ts";

/** A field name, looked at once and remembered. */
export interface FieldName {
  /** As sent. A copy that keeps no other text alive. */
  readonly raw: string;
  readonly lower: string;
  /** How its line in HTTP/1.1 begins, with the end of the line before: `\r\nName: `. */
  readonly lineStart: string;
  readonly hasUnderscore: boolean;
  /** False for what is no token (RFC 9110 §5.1): a message with such a field is not sent. */
  readonly valid: boolean;
  /** What the engine itself does with it; `null` for nearly all names. */
  readonly role: FieldRole | null;
}

/**
 * - `framing`: the end of messages and the life of the connection; only the engine writes it
 * - `hop`: says nothing to the next hop (RFC 9110 §7.6.1); not written, even when given
 * - `host`, `date`: as they are called
 */
type FieldRole = "framing" | "hop" | "host" | "date";

const ROLES: ReadonlyMap<string, FieldRole> = new Map([
  ["connection", "framing"],
  ["content-length", "framing"],
  ["expect", "framing"],
  ["transfer-encoding", "framing"],
  ["upgrade", "framing"],
  ["keep-alive", "hop"],
  ["proxy-connection", "hop"],
  ["te", "hop"],
  ["trailer", "hop"],
  ["host", "host"],
  ["date", "date"],
]);

const REMEMBERED_LIMIT = 1024;
const REMEMBERED_NAME_LENGTH = 48;
const remembered = new Map<string, FieldName>();

/**
 * The field name of that spelling. Real traffic uses few spellings, so that checking and lower-casing cost one map look-up; the
 * map is emptied when invented names have filled it.
 */
export function fieldName(raw: string): FieldName {
  return remembered.get(raw) ?? learn(raw);
}

/** Where the last name of that length, first and last character was found again without being cut out of its text. */
const SEEN_SLOTS = 512;
const seen: (FieldName | undefined)[] = Array.from({ length: SEEN_SLOTS });

/** The field name `text[start, end)`, as `fieldName`. */
export function fieldNameAt(text: string, start: number, end: number): FieldName {
  const length = end - start;
  const slot = (length * 37 + text.charCodeAt(start) * 5 + text.charCodeAt(end - 1) * 11) % SEEN_SLOTS;
  const last = seen[slot];
  if (last !== undefined && last.raw.length === length && text.startsWith(last.raw, start)) return last;
  const name = fieldName(text.slice(start, end));
  if (name.valid) seen[slot] = name;
  return name;
}

function learn(raw: string): FieldName {
  const valid = isAll(TOKEN, raw);
  const copy = valid ? flatCopy(raw) : raw;
  const lower = copy.toLowerCase();
  const name: FieldName = {
    raw: copy,
    lower,
    lineStart: `\r\n${copy}: `,
    hasUnderscore: copy.includes("_"),
    valid,
    role: ROLES.get(lower) ?? null,
  };
  if (!valid || copy.length > REMEMBERED_NAME_LENGTH) return name;
  if (remembered.size >= REMEMBERED_LIMIT) remembered.clear();
  remembered.set(copy, name);
  return name;
}
