import { monitorEventLoopDelay } from "node:perf_hooks";

const INTERVAL_MS = 1_000;
/** How often the loop is looked at. Every look wakes the thread up: idle ones do little else. */
const LOOK_MS = 50;

/** Watches how late this thread's event loop comes. */
export interface LoopDelay {
  /** Microseconds in the last second, at most. What is shorter than the time between two looks may go unseen. */
  readonly micros: number;
  close(): void;
}

export function watchLoopDelay(): LoopDelay {
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
  delay.enable();
  let micros = 0;
  const timer = setInterval(() => {
    // Node counts from one look to the next, punctual ones too.
    micros = Math.max(0, Math.round(delay.max / 1000) - LOOK_MS * 1000);
    delay.reset();
  }, INTERVAL_MS).unref();
  return {
    get micros() {
      return micros;
    },
    close: () => {
      clearInterval(timer);
      delay.disable();
    },
  };
}
