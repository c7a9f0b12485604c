import { coversEveryAddress, parseCidr } from "../lib/cidr.ts";
import { parseGoBool, parseGoInt } from "../lib/go-values.ts";
import { parseAuthority } from "../lib/host-name.ts";
import { printable } from "../lib/printable.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** Parsers from text to typed value, shared by annotations and ConfigMap keys. Errors are half sentences: what was expected. */

/** The largest timer of the platform, 24.8 days: longer times count as this one. */
const MAX_TIMER_MS = 2_147_483_647;
/** As long as a list may be that is read. */
const MAX_LIST_LENGTH = 16_384;
/** `proxy-next-upstream-tries: 0` means "no limit" to nginx; every request ends here all the same. */
const MAX_TRIES = 20;

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

/** Total attempts; 0, nginx's "no limit", and everything above 20 is 20. */
export function parseTries(text: string): Result<number> {
  const tries = parseIntAtLeast(0)(text);
  if (!tries.ok) return tries;
  return ok(tries.value === 0 ? MAX_TRIES : Math.min(tries.value, MAX_TRIES));
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

/** What a response head may always have, and what it may have at most however large the buffer for it is said to be. */
const LEAST_HEAD_BYTES = 65_536;
const MOST_HEAD_BYTES = 1_048_576;

/** nginx's buffer for a response head, as the bytes that a head may have. */
export function parseHeadSize(text: string): Result<number> {
  const size = parseSize(text);
  return size.ok ? ok(Math.min(Math.max(size.value, LEAST_HEAD_BYTES), MOST_HEAD_BYTES)) : size;
}

/** One of some words; `meaning` maps each to its typed value. Case matters. */
export function parseWord<T>(meaning: ReadonlyMap<string, T>): (text: string) => Result<T> {
  return (text) => {
    const value = meaning.get(text);
    return value === undefined ? err(`expected one of ${[...meaning.keys()].join(", ")}`) : ok(value);
  };
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

/** Path template of ingress-nginx: `^/?[-._~A-Za-z0-9/:$]*$`, where `$` only starts a capture group `$1`…`$9`. */
export function parsePathTemplate(text: string): Result<string> {
  if (!/^[-._~A-Za-z0-9/:$]*$/.test(text))
    return err(`expected a path of letters, digits and "-._~/:", with $1…$9 for capture groups`);
  if (/\$(?![1-9])/.test(text)) return err("only the capture groups $1…$9 are expanded, not nginx variables");
  return ok(text);
}

/** Target of `rewrite-target`. nginx would answer an absolute URL with a redirect, which is not what a rewrite is for. */
export function parseRewriteTarget(text: string): Result<string> {
  if (/^https?:\/\//i.test(text))
    return err("expected a path; an absolute URL would be a redirect, use permanent-redirect for that");
  return parsePathTemplate(text);
}

/** An absolute path without variables; `//host` would leave the site. */
export function parseAppRoot(text: string): Result<string> {
  return /^\/(?!\/)[-._~A-Za-z0-9/:]*$/.test(text) ? ok(text) : err(`expected an absolute path such as "/app"`);
}

/** A Host header value without variables. */
export function parseVhost(text: string): Result<string> {
  if (text.includes("$")) return err("nginx variables are not expanded; write the host name itself");
  const authority = parseAuthority(text);
  return authority.ok ? ok(text) : err(`expected a host name with an optional port: ${authority.error}`);
}

/** `Path` attribute of a cookie: ingress-nginx's URL characters, which hold no `;`, no comma and no space. */
export function parseCookiePath(text: string): Result<string> {
  return /^[-._~A-Za-z0-9/:?&=%+@!$'()*]+$/.test(text) ? ok(text) : err(`expected a path such as "/"`);
}

export function parseCookieDomain(text: string): Result<string> {
  return /^\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(text) ? ok(text) : err("expected a domain such as example.com");
}

/** Seconds from now; negative ones expire the cookie at once. No leading zeros, no plus sign. */
export function parseCookieSeconds(text: string): Result<number> {
  if (!/^(0|-?[1-9]\d{0,9})$/.test(text)) return err("expected whole seconds of at most ten digits");
  return ok(Number(text));
}
