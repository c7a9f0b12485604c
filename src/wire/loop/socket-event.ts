import { nextTick } from "node:process";
import type { Clock } from "../../lib/clock.ts";

/** A task that is run when the current socket event ends. */
export interface SocketEventEnd {
  settle(): void;
}

let depth = 0;
let event = 0;
/** Slots are used again: emptying an array costs more than all the rest of this. */
const waiting: (SocketEventEnd | null)[] = [];
let count = 0;

/**
 * The handling of one event of a socket begins. Tasks that are registered during it run when it ends; outside of any event they run in
 * the next tick. This saves the ticks, which cost more than most of the tasks. Every `beginSocketEvent` needs its `endSocketEvent`,
 * in `finally`.
 */
export function beginSocketEvent(): void {
  depth++;
  event++;
}

export function endSocketEvent(): void {
  depth--;
  if (depth === 0 && count > 0) settleAll();
}

/** How late a jump of the wall clock may be noticed. */
const WALL_CLOCK_MS = 1_000;

/** A clock that is read once in each socket event, as nginx reads it once a loop: all that happens in one event has one time. */
export function socketEventClock(clock: Clock): Clock {
  let readIn = -1;
  let atMs = 0;
  let aheadMs = 0;
  let aheadUntilMs = -Infinity;
  const monotonicMs = (): number => {
    if (depth === 0) return clock.monotonicMs();
    if (readIn !== event) {
      readIn = event;
      atMs = clock.monotonicMs();
    }
    return atMs;
  };
  // The wall clock is read once a second and goes with the other one in between.
  const nowMs = (): number => {
    const nowMonotonicMs = monotonicMs();
    if (nowMonotonicMs >= aheadUntilMs) {
      aheadMs = clock.nowMs() - nowMonotonicMs;
      aheadUntilMs = nowMonotonicMs + WALL_CLOCK_MS;
    }
    return Math.floor(nowMonotonicMs + aheadMs);
  };
  return { nowMs, monotonicMs };
}

/** Calls `settle` once when the event ends. A task that is registered twice is called twice. */
export function atSocketEventEnd(task: SocketEventEnd): void {
  waiting[count] = task;
  count++;
  if (count === 1 && depth === 0) nextTick(settleAll);
}

/** Tasks that are registered meanwhile run too. */
function settleAll(): void {
  for (let i = 0; i < count; i++) {
    const task = waiting[i];
    waiting[i] = null;
    task?.settle();
  }
  count = 0;
}
