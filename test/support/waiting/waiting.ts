const LIMIT_MS = 10_000;
/** Most of what is waited for happens within some turns of the event loop. After that the processor is left to those who are waited for. */
const QUICK_TURNS = 50;
const PAUSE_MS = 2;
const STILL_LOOKS = 30;

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Resolves soon after the test holds; rejects after the limit, ten seconds by default. */
export async function untilTrue(test: () => boolean, limitMs = LIMIT_MS): Promise<void> {
  const endMs = performance.now() + limitMs;
  for (let looks = 0; !test(); looks++) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${test.toString()}`);
    await (looks < QUICK_TURNS ? nextTurn() : pause(PAUSE_MS));
  }
}

/**
 * Lets the event loop turn many times, and in each turn all input that is there is taken in. For tests that something does *not*
 * happen: what was going to happen has happened afterwards.
 */
export async function manyTurns(turns = 200): Promise<void> {
  for (let i = 0; i < turns; i++) await nextTurn();
}

/** Resolves with the value once it stayed the same over many looks; rejects after ten seconds. */
export async function untilStill(read: () => number): Promise<number> {
  const endMs = performance.now() + LIMIT_MS;
  let last = read();
  for (let equal = 0; equal < STILL_LOOKS; equal++) {
    if (performance.now() > endMs) throw new Error(`never still: ${read.toString()}`);
    await pause(PAUSE_MS);
    const now = read();
    if (now !== last) equal = 0;
    last = now;
  }
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
