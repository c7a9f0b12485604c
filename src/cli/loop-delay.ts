import { monitorEventLoopDelay } from "node:perf_hooks";

const INTERVAL_MS = 1_000;

/** Watches how late this thread's event loop comes. */
export interface LoopDelay {
  /** Microseconds in the last second, at most. */
  readonly micros: number;
  close(): void;
}

export function watchLoopDelay(): LoopDelay {
  const delay = monitorEventLoopDelay();
  delay.enable();
  let micros = 0;
  const timer = setInterval(() => {
    micros = Math.round(delay.max / 1000);
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
