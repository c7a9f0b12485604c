import { HEAD_ERRORS, type HeadError } from "./refusals.ts";

/** At most 15 digits: always below 2^53, and nothing that another parser could read as octal or wrap around. */
const MAX_LENGTH_DIGITS = 15;
/** One element of Transfer-Encoding up to its parameters. No two parts of it match the same character: it cannot backtrack. */
const TRANSFER_CODING = /^[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*(?:;|$)/;

/** A Content-Length value (RFC 9110 §8.6): digits only. -1 when it is anything else. */
export function parseLength(value: string): number {
  if (value.length === 0 || value.length > MAX_LENGTH_DIGITS) return -1;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

/** Null for exactly `chunked`. Other codings with a correct grammar are not implemented (501), the rest is malformed. */
export function transferCodingError(value: string): HeadError | null {
  if (value === "chunked" || value.toLowerCase() === "chunked") return null;
  const wellFormed = value.split(",").every((coding) => TRANSFER_CODING.test(coding));
  return wellFormed ? HEAD_ERRORS.unknownTransferCoding : HEAD_ERRORS.badTransferEncoding;
}

export interface ConnectionOptions {
  readonly close: boolean;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
}

const NOTHING: ConnectionOptions = { close: false, keepAlive: false, upgrade: false };
const CLOSE: ConnectionOptions = { close: true, keepAlive: false, upgrade: false };
const KEEP_ALIVE: ConnectionOptions = { close: false, keepAlive: true, upgrade: false };
const UPGRADE: ConnectionOptions = { close: false, keepAlive: false, upgrade: true };
/** What a Connection value (RFC 9110 §7.6.1) asks for. Other nominated names are read elsewhere. */
export function connectionOptions(value: string): ConnectionOptions {
  // The spellings of nearly every message. No map: looking up text that was just cut out costs more than comparing it.
  if (value === "keep-alive" || value === "Keep-Alive") return KEEP_ALIVE;
  if (value === "close" || value === "Close") return CLOSE;
  if (value === "Upgrade" || value === "upgrade") return UPGRADE;
  if (value === "") return NOTHING;
  const names = listedNames(value);
  return {
    close: names.includes("close"),
    keepAlive: names.includes("keep-alive"),
    upgrade: names.includes("upgrade"),
  };
}

/** Elements of a comma-separated list. */
export function listElements(value: string): string[] {
  return value
    .split(",")
    .map((element) => element.trim())
    .filter((element) => element !== "");
}

/** Lower-case elements of a comma-separated list. */
export function listedNames(value: string): string[] {
  return listElements(value.toLowerCase());
}

/** `timeout` parameter of a Keep-Alive value in milliseconds, or null. */
export function keepAliveHint(value: string): number | null {
  const seconds = /(?:^|[,\s])timeout="?(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Sec-WebSocket-Key (RFC 6455 §4.1): 16 bytes in base64. */
export function isWebSocketKey(value: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(value);
}
