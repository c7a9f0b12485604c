const LIMIT_MS = 10_000;

/** Resolves as soon as the test holds, looked at in every turn of the event loop; rejects after ten seconds. */
export async function untilTrue(test: () => boolean): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!test()) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${test.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
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
