/** Characters that nginx's default log escaping changes: control characters, `"`, `\`, DEL and everything above. */
const UNSAFE = /["\\]|[^\u0020-\u007e]/;
const UNSAFE_ALL = /["\\]|[^\u0020-\u007e]/g;

/** nginx's `escape=default`: unsafe bytes become `\xXX` in upper-case hexadecimal, so that a value never ends a field or line. */
export function escapeLogText(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escapeCharacter) : text;
}

/** Header values and targets are latin1, one character a byte; anything wider is written as its UTF-8 bytes. */
function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (code <= 0xff) return hex(code);
  return [...Buffer.from(character, "utf8")].map(hex).join("");
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
