import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../lib/clock.ts";

/** How long steps are taken one after the other before everybody else has a turn. */
const SLICE_MS = 4;

/** Takes all steps and returns their result; null when they need more than `budgetMs` of work. */
export async function takeSteps<T>(steps: Iterator<void, T>, clock: Clock, budgetMs: number): Promise<T | null> {
  let workedMs = 0;
  for (;;) {
    const startMs = clock.monotonicMs();
    let sliceMs = 0;
    while (sliceMs < SLICE_MS) {
      const step = steps.next();
      if (step.done === true) return step.value;
      sliceMs = clock.monotonicMs() - startMs;
    }
    workedMs += sliceMs;
    if (workedMs >= budgetMs) return null;
    await nextTurn();
  }
}
