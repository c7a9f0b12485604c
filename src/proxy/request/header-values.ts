import type { HeaderList } from "../../wire/wire.ts";

/** Every value of a field (lower-case name) as one, in order; undefined when there is none. */
export function joinedValues(headers: HeaderList, name: string, separator: string): string | undefined {
  const first = headers.get(name);
  if (first === undefined || headers.count(name) === 1) return first;
  return headers.getAll(name).join(separator);
}

/** The Cookie header; HTTP/2 clients may send it in pieces (RFC 9113 §8.2.3). */
export function cookieHeader(headers: HeaderList): string | undefined {
  return joinedValues(headers, "cookie", "; ");
}

/** The first element of a comma-separated list, trimmed; empty when there is none. */
export function firstElement(value: string | undefined): string {
  if (value === undefined) return "";
  const comma = value.indexOf(",");
  return (comma === -1 ? value : value.slice(0, comma)).trim();
}
