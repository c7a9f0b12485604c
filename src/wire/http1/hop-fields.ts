import type { HeaderList } from "../header-list.ts";
import { listedNames } from "./field-values.ts";

/** Fields of a response that end at this hop (RFC 9110 §7.6.1). */
const HOP_FIELDS: ReadonlySet<string> = new Set(["connection", "keep-alive", "te", "trailer", "upgrade"]);
const HOP_PREFIX = "proxy-";

/** What a backend may not make us drop by naming it in Connection: security, cookies, caching, and what the body is. */
const PROTECTED_FIELDS: ReadonlySet<string> = new Set([
  "cache-control",
  "clear-site-data",
  "date",
  "etag",
  "expires",
  "location",
  "permissions-policy",
  "referrer-policy",
  "retry-after",
  "server",
  "set-cookie",
  "strict-transport-security",
  "vary",
  "www-authenticate",
]);
const PROTECTED_PREFIXES = ["access-control-", "content-", "cross-origin-", "sec-", "x-content-", "x-frame-", "x-xss-"];

/** Takes the fields that end at this hop out of the list and gives it back. */
export function endToEndFields(headers: HeaderList): HeaderList {
  const nominated = nominatedNames(headers);
  headers.retain(isEndToEnd);
  if (nominated !== NONE) headers.retain((name) => !nominated.includes(name));
  return headers;
}

function isEndToEnd(name: string): boolean {
  return !HOP_FIELDS.has(name) && !name.startsWith(HOP_PREFIX);
}

const NONE: readonly string[] = [];
/** What nearly every backend says: options that nominate no field. */
const PLAIN_OPTIONS: ReadonlySet<string> = new Set(["keep-alive", "close", "Keep-Alive", "Close"]);

function nominatedNames(headers: HeaderList): readonly string[] {
  const first = headers.get("connection");
  if (first === undefined) return NONE;
  const values = headers.getAll("connection");
  if (values.every((value) => PLAIN_OPTIONS.has(value))) return NONE;
  return values
    .flatMap(listedNames)
    .filter((name) => !PROTECTED_FIELDS.has(name) && !PROTECTED_PREFIXES.some((prefix) => name.startsWith(prefix)));
}
