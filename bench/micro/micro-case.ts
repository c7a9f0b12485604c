/** One thing to measure. The input is made beforehand from a fixed seed, so that every run does the same work. */
export interface MicroCase {
  readonly name: string;
  /** Does the operation so many times. Throws when a result is wrong: what is not right is not worth measuring. */
  readonly run: (times: number) => void;
}

/** Throws unless the two are the same. */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) throw new Error(`got ${String(actual)}, expected ${String(expected)}`);
}
