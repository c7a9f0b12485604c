/** Configuration text as the byte string that requests are matched in: one character a byte of its UTF-8 form. */
export function toByteString(text: string): string {
  // Nearly all of it is ASCII.
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text, "utf8").toString("latin1");
}
