const TICK_MS = 250;
/** Far below every deadline of the proxy under test. */
const TOLERATED_MS = 4_000;

/**
 * Notices that the process did not get the processor, or was stopped. Clients, proxy and endpoints share it: to all of them time has
 * passed in which none could do anything, and every deadline has come at once.
 */
export class StallWatch {
  readonly #timer: NodeJS.Timeout;
  readonly #onBlocked: (ms: number) => void;
  #lastMs = performance.now();
  #lastCpuMs = cpuMs();
  #lostMs = 0;

  /** `onBlocked`: nobody else was at work in all that time but this process: something of it runs without end. */
  constructor(onBlocked: (ms: number) => void) {
    this.#onBlocked = onBlocked;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** A moment, for `stalledSince`. */
  mark(): number {
    return this.#lostMs;
  }

  /** Whether so much time was lost since then that nobody can be blamed for being late. */
  stalledSince(mark: number): boolean {
    this.#tick();
    return this.#lostMs - mark > TOLERATED_MS;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const [nowMs, usedMs] = [performance.now(), cpuMs()];
    const gapMs = nowMs - this.#lastMs;
    const busyMs = usedMs - this.#lastCpuMs;
    if (gapMs > 2 * TICK_MS) this.#lostMs += gapMs - TICK_MS;
    if (gapMs > TOLERATED_MS && busyMs > gapMs / 2) this.#onBlocked(Math.round(gapMs));
    [this.#lastMs, this.#lastCpuMs] = [nowMs, usedMs];
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
