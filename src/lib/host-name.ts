import { isIPv4, isIPv6 } from "node:net";
import { err, ok, type Result } from "./result.ts";

/** A request's authority after parsing. */
export interface Authority {
  /** Canonical: lower case, without port and trailing dot; IPv6 literals keep their brackets. */
  readonly host: string;
  /** 1…65535, or null when none was written; an empty one is none. */
  readonly port: number | null;
}

const MAX_NAME = 253;
/** One DNS label as browsers and Kubernetes Services use it; underscores occur in real internal names. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** Labels of an Ingress rule host are RFC 1123 labels. */
const RULE_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Host header or `:authority` by RFC 3986 §3.2, without userinfo: a DNS name, an IPv4 address or a bracketed IPv6 address,
 * with an optional port, which may be empty. Stricter than the RFC: percent-encoding and sub-delimiters in names are refused, since no
 * Ingress host can match them and proxies disagree about them.
 */
export function parseAuthority(text: string): Result<Authority> {
  if (text.length === 0) return err("the host is empty");
  if (text.length > MAX_NAME + 7) return err("the host is longer than 253 characters");
  const close = text.startsWith("[") ? text.indexOf("]") : -1;
  if (text.startsWith("[") && close === -1) return err("the IPv6 address has no closing bracket");
  const colon = text.indexOf(":", close === -1 ? 0 : close);
  const name = colon === -1 ? text : text.slice(0, colon);
  const port = colon === -1 || colon === text.length - 1 ? ok(null) : parsePort(text.slice(colon + 1));
  if (!port.ok) return port;
  const host = name.startsWith("[") ? parseBracketed(name) : parseName(name, LABEL);
  return host.ok ? ok({ host: host.value, port: port.value }) : host;
}

/**
 * The host of a request's authority as `parseAuthority` has it, or null when it is none. Names as nearly every client sends them, in lower
 * case with or without a port, are read in one pass.
 */
export function hostOfAuthority(text: string): string | null {
  const end = plainNameEnd(text);
  if (end === text.length) return text;
  if (end > 0 && (end === text.length - 1 || isPort(text, end + 1))) return text.slice(0, end);
  const parsed = parseAuthority(text);
  return parsed.ok ? parsed.value.host : null;
}

/** The authority as RFC 3986 §6.2.3 writes it: a colon without a port is left out. */
export function withoutEmptyPort(authority: string): string {
  return authority.endsWith(":") ? authority.slice(0, -1) : authority;
}

const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const NINE = 0x39;
const ZERO = 0x30;
const UNDERSCORE = 0x5f;
const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
const MAX_LABEL = 63;

/** Where a canonical DNS name ends that is all of `text`, or all before a colon; -1 where it is none or has to be looked at more closely. */
function plainNameEnd(text: string): number {
  let labelStart = 0;
  let digitsOnly = true;
  let before = DOT;
  let i = 0;
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (isNameLetter(c, before)) digitsOnly = false;
    else if (c === DOT) {
      if (!mayEndLabel(before, i - labelStart)) return -1;
      labelStart = i + 1;
      digitsOnly = true;
    } else if (c === COLON) break;
    else if (c < ZERO || c > NINE) return -1;
    before = c;
  }
  return mayEndLabel(before, i - labelStart) && !digitsOnly && i <= MAX_NAME ? i : -1;
}

/** True of what a label is made of beside digits; a dash is not its first character. */
function isNameLetter(c: number, before: number): boolean {
  return (c >= LOWER_A && c <= LOWER_Z) || c === UNDERSCORE || (c === DASH && before !== DOT);
}

function mayEndLabel(last: number, length: number): boolean {
  return last !== DOT && last !== DASH && length <= MAX_LABEL;
}

function isPort(text: string, start: number): boolean {
  let port = 0;
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9 || i - start === 5) return false;
    port = port * 10 + digit;
  }
  return port >= 1 && port <= 65_535;
}

function parsePort(digits: string): Result<number> {
  if (!/^\d{1,5}$/.test(digits)) return err("the port is not a number");
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? ok(port) : err("the port is not between 1 and 65535");
}

function parseBracketed(name: string): Result<string> {
  const address = name.slice(1, -1);
  if (!name.endsWith("]") || address.includes("%") || !isIPv6(address)) return err("not an IPv6 address");
  return ok(name.toLowerCase());
}

function parseName(name: string, label: RegExp): Result<string> {
  const lower = (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
  if (lower.length === 0 || lower.length > MAX_NAME) return err("the host name is empty or longer than 253 characters");
  const labels = lower.split(".");
  // A name whose last label is a number is an IPv4 address or nothing (WHATWG URL, "ends in a number").
  if (/^\d+$/.test(labels.at(-1) ?? "") && !isIPv4(lower)) return err("not an IPv4 address");
  return labels.every((part) => label.test(part)) ? ok(lower) : err("not a valid host name");
}

/**
 * Host of an Ingress rule or of a `tls.hosts` entry: an RFC 1123 name, optionally with `*.` as its first label.
 * Canonical result: lower case, no trailing dot.
 */
export function parseRuleHost(text: string): Result<string> {
  const wildcard = text.startsWith("*.");
  const name = parseName(wildcard ? text.slice(2) : text, RULE_LABEL);
  if (!name.ok) return name;
  if (isIPv4(name.value)) return err("an IP address cannot be an Ingress host");
  return ok(wildcard ? `*.${name.value}` : name.value);
}

/** The host that a request names with this text in its authority; null where no request can. A leading `*.` stays. */
export function canonicalHost(text: string): string | null {
  const wildcard = text.startsWith("*.");
  const authority = parseAuthority(wildcard ? text.slice(2) : text);
  if (!authority.ok) return null;
  return wildcard ? `*.${authority.value.host}` : authority.value.host;
}

/** Canonical form of a TLS server name; null when it is not a host name. Never throws, whatever the bytes. */
export function canonicalServerName(text: string): string | null {
  const name = parseName(text, LABEL);
  return name.ok ? name.value : null;
}

/** True for names that are this machine and nothing else, by RFC 6761 §6.3. */
export function isLocalName(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}
