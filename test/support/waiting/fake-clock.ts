import type { Clock } from "../../../src/lib/clock.ts";
import type { TimerWheel } from "../../../src/wire/wire.ts";

/** Time that moves only when told to. */
export class FakeClock implements Clock {
  #nowMs = 1_000_000;

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

const STEP_MS = 100;

/** Lets so much time pass for a timer wheel as well, in steps as small as those of a running one. */
export function passTime(clock: FakeClock, wheel: TimerWheel, ms: number): void {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    clock.advance(STEP_MS);
    wheel.tick();
  }
}
