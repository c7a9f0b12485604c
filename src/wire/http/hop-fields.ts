import type { FieldName } from "./field-name.ts";
import type { HeaderList } from "./header-list.ts";
import { listedNames } from "./field-values.ts";

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
  if (nominated !== NONE) headers.retain((name) => !nominated.includes(name.lower));
  return headers;
}

/** All of `Proxy-*` is between a proxy and its client (RFC 9110 §11.7). */
function isEndToEnd({ role, lower }: FieldName): boolean {
  return role !== "framing" && role !== "hop" && !lower.startsWith("proxy-");
}

const NONE: readonly string[] = [];
function nominatedNames(headers: HeaderList): readonly string[] {
  const first = headers.get("connection");
  if (first === undefined) return NONE;
  // What nearly every backend says: options that nominate no field.
  const plain = first === "keep-alive" || first === "close" || first === "Keep-Alive" || first === "Close";
  if (plain && headers.count("connection") === 1) return NONE;
  return headers
    .getAll("connection")
    .flatMap(listedNames)
    .filter((name) => !PROTECTED_FIELDS.has(name) && !PROTECTED_PREFIXES.some((prefix) => name.startsWith(prefix)));
}
