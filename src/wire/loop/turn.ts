import { nextTick } from "node:process";
import type { Clock } from "../../lib/clock.ts";

/** Something that has to be done before the loop goes on, at the latest. */
export interface TurnEnd {
  settle(): void;
}

let depth = 0;
let turn = 0;
/** Slots are used again: emptying an array costs more than all the rest of this. */
const waiting: (TurnEnd | null)[] = [];
let count = 0;

/**
 * A turn is the handling of one event of a socket. What is asked for during it is done when it ends; outside of any, in the next
 * tick. Saves the ticks, which cost more than what most of them would do. Every `beginTurn` needs its `endTurn`, in `finally`.
 */
export function beginTurn(): void {
  depth++;
  turn++;
}

export function endTurn(): void {
  depth--;
  if (depth === 0 && count > 0) settleAll();
}

/** How late a jump of the wall clock may be noticed. */
const WALL_CLOCK_MS = 1_000;

/** A clock that is read once a turn, as nginx reads it once a loop: what happens in one turn happens at one time. */
export function turnClock(clock: Clock): Clock {
  let readIn = -1;
  let atMs = 0;
  let aheadMs = 0;
  let aheadUntilMs = -Infinity;
  const monotonicMs = (): number => {
    if (depth === 0) return clock.monotonicMs();
    if (readIn !== turn) {
      readIn = turn;
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

/** Calls `settle` once when the turn ends. Who asks twice is called twice. */
export function atTurnEnd(task: TurnEnd): void {
  waiting[count] = task;
  count++;
  if (count === 1 && depth === 0) nextTick(settleAll);
}

/** What is asked for meanwhile is done too. */
function settleAll(): void {
  for (let i = 0; i < count; i++) {
    const task = waiting[i];
    waiting[i] = null;
    task?.settle();
  }
  count = 0;
}
