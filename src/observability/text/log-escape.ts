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

const UNSAFE_JSON = /["\\]|[^\u0020-\u007e]/;
const UNSAFE_JSON_ALL = /["\\\u0000-\u001f\u007f-\uffff]/g;
const JSON_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

/**
 * The inside of a JSON string. nginx's `escape=json` lets bytes above 0x7F pass as they are; here they are written as `\u00XX`,
 * so that a line is valid JSON whatever the client sends.
 */
export function escapeJsonText(text: string): string {
  return UNSAFE_JSON.test(text) ? text.replace(UNSAFE_JSON_ALL, escapeJsonCharacter) : text;
}

function escapeJsonCharacter(character: string): string {
  return JSON_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** C0 and C1: terminals act on both. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** nginx's `escape=none`, but for control characters: no value may end a line. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, escapeCharacter);
}

/** What JSON lets pass in a string and is no text all the same: DEL, C1, line separators, and what turns the direction of text. */
const HARMFUL_IN_JSON = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const HARMFUL_IN_JSON_ALL = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A finished line of JSON, still the same JSON: such characters can only stand inside its strings. */
export function escapeJsonLine(line: string): string {
  return HARMFUL_IN_JSON.test(line) ? line.replace(HARMFUL_IN_JSON_ALL, escapeJsonCharacter) : line;
}
