import { STATIC_TABLE } from "./hpack-static.ts";

/** Bytes a field needs at most beside name and value. */
const FIELD_OVERHEAD_BYTES = 12;
/** Where an integer begins in its first byte, and the bits above it (RFC 7541 §5.1). */
interface Prefix {
  readonly bits: number;
  readonly high: number;
}

/** A literal field that no table takes. */
const LITERAL: Prefix = { bits: 4, high: 0x00 };
/** One that no proxy behind us may put into a table either. */
const NEVER_INDEXED: Prefix = { bits: 4, high: 0x10 };
/** The length of a text that is not compressed. */
const PLAIN_TEXT: Prefix = { bits: 7, high: 0x00 };
const SENSITIVE = new Set(["set-cookie", "authorization", "proxy-authorization"]);

const INDEX_OF_NAME = new Map(STATIC_TABLE.map(([name], i) => [name, i + 1] as const).toReversed());
const INDEX_OF_STATUS = new Map(
  STATIC_TABLE.flatMap(([name, value], i) => (name === ":status" ? [[value, i + 1] as const] : [])),
);

/** Room that a block of these fields, names and values in turns, needs at most. */
export function blockBytesAtMost(fields: readonly string[]): number {
  let bytes = 0;
  for (const text of fields) bytes += text.length;
  return bytes + (fields.length / 2) * FIELD_OVERHEAD_BYTES + 1;
}

/**
 * Writes fields, names in lower case and values in turns, as a header block and returns where it ends. Nothing goes into the
 * peer's dynamic table: what one client may know never depends on what another was sent, and there is no state to keep right.
 */
export function encodeFields(fields: readonly string[], target: Buffer, start: number): number {
  let at = start;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    at = encodeField(fields[i] as string, fields[i + 1] as string, target, at);
  }
  return at;
}

function encodeField(name: string, value: string, target: Buffer, start: number): number {
  if (name === ":status") {
    const status = INDEX_OF_STATUS.get(value);
    if (status !== undefined) {
      target[start] = 0x80 | status;
      return start + 1;
    }
  }
  const kind = SENSITIVE.has(name) ? NEVER_INDEXED : LITERAL;
  const index = INDEX_OF_NAME.get(name) ?? 0;
  let at = writeInteger(index, kind, target, start);
  if (index === 0) at = writeText(name, target, at);
  return writeText(value, target, at);
}

function writeText(text: string, target: Buffer, start: number): number {
  const at = writeInteger(text.length, PLAIN_TEXT, target, start);
  return at + target.write(text, at, "latin1");
}

function writeInteger(value: number, { bits, high }: Prefix, target: Buffer, start: number): number {
  const mask = (1 << bits) - 1;
  if (value < mask) {
    target[start] = high | value;
    return start + 1;
  }
  target[start] = high | mask;
  let at = start + 1;
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) target[at++] = (rest % 128) | 0x80;
  target[at] = rest;
  return at + 1;
}
