const LIMIT = 200;

/** Text fit for a message, a log line or an Event: control characters and line breaks escaped, cut to 200 characters. */
export function printable(value: string): string {
  return printableUpTo(value, LIMIT);
}

/** The same, cut to `limit` characters. */
export function printableUpTo(value: string, limit: number): string {
  const cut = value.length > limit ? `${value.slice(0, limit)}… (${value.length} characters)` : value;
  return cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
