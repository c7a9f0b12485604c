import { coversEveryAddress, parseCidr } from "../../lib/cidr.ts";
import { parseGoBool, parseGoInt } from "../../lib/go-values.ts";
import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";

/** Parsers from text to typed value, shared by annotations and ConfigMap keys. Errors are half sentences: what was expected. */

/** The largest timer of the platform, 24.8 days: longer times count as this one. */
const MAX_TIMER_MS = 2_147_483_647;
/** As long as a list may be that is read. */
const MAX_LIST_LENGTH = 16_384;

export function parseBool(text: string): Result<boolean> {
  const parsed = parseGoBool(text);
  return parsed.ok ? parsed : err(`expected "true" or "false"`);
}

export function parseIntAtLeast(minimum: number): (text: string) => Result<number> {
  return (text) => {
    const parsed = parseGoInt(text);
    if (!parsed.ok) return parsed;
    return parsed.value >= minimum ? parsed : err(`expected a whole number of at least ${minimum}`);
  };
}

/** Whole seconds above zero, as milliseconds. */
export function parseSeconds(text: string): Result<number> {
  const seconds = parseIntAtLeast(1)(text);
  return seconds.ok ? ok(Math.min(seconds.value * 1000, MAX_TIMER_MS)) : err(`${seconds.error}, in seconds`);
}

/** As `parseSeconds`; 0 is no limit. */
export function parseSecondsOrNone(text: string): Result<number> {
  const seconds = parseIntAtLeast(0)(text);
  return seconds.ok ? ok(Math.min(seconds.value * 1000, MAX_TIMER_MS)) : err(`${seconds.error}, in seconds`);
}

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["k", 1024],
  ["m", 1024 ** 2],
  ["g", 1024 ** 3],
]);

/** nginx's size grammar, `k`, `m` and `g` in either case. The `b` that ingress-nginx's validator admits is dropped by its template. */
export function parseSize(text: string): Result<number> {
  const [, digits, unit] = /^(\d{1,15})([kmg]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNIT_BYTES.get(unit?.toLowerCase() ?? "") ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? ok(bytes) : err(`expected a size such as "512k", "8m" or "1g"`);
}

/** One of some words; `meaning` maps each to its typed value. Case matters. */
export function parseWord<T>(meaning: ReadonlyMap<string, T>): (text: string) => Result<T> {
  return (text) => {
    const value = meaning.get(text);
    return value === undefined ? err(`expected one of ${[...meaning.keys()].join(", ")}`) : ok(value);
  };
}

/** For `parseWord`: words that mean themselves. */
export function words<T extends string>(...each: readonly T[]): ReadonlyMap<string, T> {
  return new Map(each.map((word) => [word, word]));
}

/** Addresses and CIDRs between commas, canonical and without duplicates. Empty items are skipped, a bad one spoils the list. */
export function parseCidrList(text: string): Result<readonly string[]> {
  const cidrs: string[] = [];
  for (const item of parseList(text)) {
    const cidr = parseCidr(item);
    if (!cidr.ok) return err(`"${printable(item)}" is not an IP address or CIDR: ${cidr.error}`);
    cidrs.push(cidr.value);
  }
  return cidrs.length === 0 ? err("expected IP addresses or CIDRs between commas") : ok([...new Set(cidrs)]);
}

/**
 * True for a list that lets every client in, whatever its address: it restricts nothing. `0.0.0.0/0` alone does, since nginx then refuses
 * every IPv6 client. False for a list with an item that cannot be read.
 */
export function letsEveryoneIn(text: string): boolean {
  if (text.length > MAX_LIST_LENGTH) return false;
  const list = parseCidrList(text);
  return list.ok && coversEveryAddress(list.value);
}

/** Items between commas, trimmed; empty ones are skipped. */
export function parseList(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** RFC 9110 §5.6.2 token. */
export function parseHeaderName(text: string): Result<string> {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(text) ? ok(text) : err("expected a header name such as X-Canary");
}

/** ingress-nginx's basic characters: letters, digits and `-._~/:`. */
export function parseCookieName(text: string): Result<string> {
  return /^[-._~A-Za-z0-9/:]{1,256}$/.test(text)
    ? ok(text)
    : err(`expected a cookie name of letters, digits and "-._~/:"`);
}
