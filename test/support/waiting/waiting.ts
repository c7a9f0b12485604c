const LIMIT_MS = 10_000;
const STILL_TURNS = 1000;

/** Resolves as soon as the test holds, looked at in every turn of the event loop; rejects after the limit, ten seconds by default. */
export async function untilTrue(test: () => boolean, limitMs = LIMIT_MS): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!test()) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${test.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Lets the event loop turn many times, and in each turn all input that is there is taken in. For tests that something does *not*
 * happen: what was going to happen has happened afterwards.
 */
export async function manyTurns(turns = 200): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves with the value once it stayed the same for many turns of the event loop; rejects after ten seconds. */
export async function untilStill(read: () => number): Promise<number> {
  let last = read();
  let equal = 0;
  await untilTrue(() => {
    const now = read();
    equal = now === last ? equal + 1 : 0;
    last = now;
    return equal >= STILL_TURNS;
  });
  return last;
}

/** Lets tests wait for a state that only changes when `announce` is called. */
export class Announcer {
  readonly #waiting = new Set<() => void>();

  announce(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves at the first announcement after which the test holds, or at once; rejects after ten seconds. */
  async until(test: () => boolean, what: string): Promise<void> {
    if (test()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => (test() ? resolve() : undefined);
    const timer = setTimeout(() => reject(new Error(`waited ${LIMIT_MS} ms in vain: ${what}`)), LIMIT_MS);
    this.#waiting.add(look);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }
}
