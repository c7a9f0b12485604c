import type { Affinity } from "../../model/forward.ts";

/** What the Set-Cookie line depends on besides the filter. */
export interface AffinityCookieContext {
  /** Path of the matched rule, used where the filter names none. */
  readonly rulePath: string;
  /** True when the client's own connection is TLS; TLS ended by a load balancer before us does not count. */
  readonly tls: boolean;
  readonly userAgent: string;
  readonly nowMs: number;
}

/** Value of the cookie of that exact name in a Cookie header; of several the last, as lua-resty-cookie reads them. */
export function readAffinityCookie(cookies: string | undefined, name: string): string | null {
  if (cookies === undefined || name === "") return null;
  for (let at = cookies.lastIndexOf(name); at !== -1; at = at === 0 ? -1 : cookies.lastIndexOf(name, at - 1)) {
    const equals = skipSpaces(cookies, at + name.length);
    if (cookies[equals] !== "=" || !startsPair(cookies, at)) continue;
    const semicolon = cookies.indexOf(";", equals);
    return cookies.slice(equals + 1, semicolon === -1 ? cookies.length : semicolon).trim();
  }
  return null;
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

function startsPair(cookies: string, at: number): boolean {
  let before = at - 1;
  while (cookies[before] === " " || cookies[before] === "\t") before--;
  return before < 0 || cookies[before] === ";";
}

/** The Set-Cookie value of ingress-nginx, attribute for attribute. An attribute that could break out of its place is left out. */
export function formatAffinityCookie(filter: Affinity, value: string, context: AffinityCookieContext): string {
  const path = encodePath(filter.path ?? context.rulePath);
  const sameSite = sameSiteFor(filter, context.userAgent);
  let line = `${clean(filter.cookieName)}=${clean(value)}`;
  if (filter.expiresSeconds !== null) line += `; Expires=${formatCookieDate(context.nowMs, filter.expiresSeconds)}`;
  if (filter.maxAgeSeconds !== null) line += `; Max-Age=${filter.maxAgeSeconds}`;
  if (filter.domain !== null && clean(filter.domain) === filter.domain) line += `; Domain=${filter.domain}`;
  if (path !== null) line += `; Path=${path}`;
  if (filter.secure || context.tls) line += "; Secure";
  line += "; HttpOnly";
  if (sameSite !== null) line += `; SameSite=${sameSite}`;
  return line;
}

/** Text without what ends a cookie pair or a header line. */
function clean(text: string): string {
  return text.replace(/[^\x21-\x3a\x3c-\x7e]/g, "");
}

/** A rule path may be any text: beyond ASCII it is encoded as browsers send it; with `;` or control characters it is no path. */
function encodePath(path: string): string | null {
  if (/[\x00-\x1f\x7f;]/.test(path)) return null;
  return path.replace(/[^\x20-\x7e]+/g, (text) =>
    [...Buffer.from(text, "utf8")].map((byte) => `%${byte.toString(16).toUpperCase()}`).join(""),
  );
}

/** Browsers that take `SameSite=None` for `Strict` or refuse the cookie: https://www.chromium.org/updates/same-site/incompatible-clients */
const REFUSES_NONE = ["Chrome/4", "Chrome/5", "Chrome/6", "CPU iPhone OS 12", "iPad; CPU OS 12"];

function sameSiteFor(filter: Affinity, userAgent: string): Affinity["sameSite"] {
  if (filter.sameSite !== "None" || !filter.conditionalSameSiteNone) return filter.sameSite;
  return REFUSES_NONE.some((mark) => userAgent.includes(mark)) || isMojaveSafari(userAgent) ? null : "None";
}

function isMojaveSafari(userAgent: string): boolean {
  const marks = ["Macintosh", "Intel Mac OS X 10_14", "Safari"];
  return marks.every((mark) => userAgent.includes(mark)) && !userAgent.includes("Chrome");
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const LAST_YEAR_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** `Mon, 02-Jan-06 15:04:05 GMT`; four-digit years from 2038 on, where two digits would be read as the past century. */
function formatCookieDate(nowMs: number, afterSeconds: number): string {
  const ms = Math.floor(nowMs / 1000) * 1000 + afterSeconds * 1000;
  const date = new Date(Math.min(Math.max(ms, 0), LAST_YEAR_MS));
  const fullYear = date.getUTCFullYear();
  const year = fullYear > 2037 ? String(fullYear) : twoDigits(fullYear % 100);
  const day = `${DAYS[date.getUTCDay()]}, ${twoDigits(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-${year}`;
  return `${day} ${[date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits).join(":")} GMT`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
