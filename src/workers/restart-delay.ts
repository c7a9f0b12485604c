const WINDOW_MS = 60_000;
/** Crashes in the window that are repaired at once. */
const FREE_CRASHES = 5;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;

/** How long to wait before a dead worker is replaced: not at all, unless they die one after the other. */
export class RestartDelay {
  #crashesMs: number[] = [];

  /** Milliseconds; `nowMs` is the monotonic time of a crash. */
  next(nowMs: number): number {
    this.#crashesMs = [...this.#crashesMs.filter((atMs) => nowMs - atMs < WINDOW_MS), nowMs];
    const surplus = this.#crashesMs.length - FREE_CRASHES;
    return surplus <= 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (surplus - 1));
  }
}
