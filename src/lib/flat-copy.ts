/** A slice of a large text keeps all of it in memory; what is remembered must not. */
export function flatCopy(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("latin1");
}
