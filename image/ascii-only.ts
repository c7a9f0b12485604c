/**
 * JavaScript with every character above 0x7f in its escaped form: V8 keeps a text of ASCII in one byte for each character, and all
 * of a file in two for each once there is a single `…` in it. Such characters may stand in strings, templates and regular
 * expressions only, where the escape means the same; never in `String.raw`, whose text would change.
 */
export function asciiOnly(code: string): string {
  return code.replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
