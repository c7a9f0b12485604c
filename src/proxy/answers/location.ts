/** Everything that RFC 3986 §2 does not allow in a URI, plus the characters that could end or break a header. */
const UNSAFE = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/gu;

/** `text` fit for a Location header: what cannot stand in a URI is percent-encoded as UTF-8, existing escapes stay. */
export function encodeLocation(text: string): string {
  return text.replace(UNSAFE, percentEncode);
}

/** `scheme://host` + path. The path starts with one slash, so that nothing of it can become part of the host. */
export function absoluteLocation(scheme: "http" | "https", host: string, pathAndQuery: string): string {
  return `${scheme}://${host}${encodeLocation(pathAndQuery)}`;
}

/** A relative reference that cannot be read as another host: leading slashes and backslashes shrink to one slash. */
export function relativeLocation(pathAndQuery: string): string {
  return encodeLocation(`/${pathAndQuery.replace(/^[/\\]+/, "")}`);
}

/** A lone surrogate becomes the replacement character, as everywhere in UTF-8. */
function percentEncode(character: string): string {
  let encoded = "";
  for (const byte of Buffer.from(character, "utf8")) encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return encoded;
}
