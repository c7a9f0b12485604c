import { HeaderList } from "../header-list.ts";
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

/** The response fields that travel on. The list itself when all of them do, which is the common case. */
export function endToEndFields(headers: HeaderList): HeaderList {
  if (!headers.names.some(isHopField)) return headers;
  const nominated = nominatedNames(headers);
  const kept = new HeaderList();
  for (let i = 0; i < headers.length; i++) {
    const name = headers.names[i] as string;
    if (isHopField(name) || nominated.includes(name)) continue;
    kept.push(name, headers.rawNames[i] as string, headers.values[i] as string);
  }
  return kept;
}

function isHopField(name: string): boolean {
  return HOP_FIELDS.has(name) || name.startsWith(HOP_PREFIX);
}

const NONE: readonly string[] = [];
/** What nearly every backend says: options that nominate no field. */
const PLAIN_OPTIONS: ReadonlySet<string> = new Set(["keep-alive", "close", "Keep-Alive", "Close"]);

function nominatedNames(headers: HeaderList): readonly string[] {
  const values = headers.getAll("connection");
  if (values.every((value) => PLAIN_OPTIONS.has(value))) return NONE;
  return values
    .flatMap(listedNames)
    .filter((name) => !PROTECTED_FIELDS.has(name) && !PROTECTED_PREFIXES.some((prefix) => name.startsWith(prefix)));
}
