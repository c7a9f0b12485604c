/** Something that may wait for the end of the loop's iteration. */
export interface LoopEnd {
  endLoop(): void;
}

/** So many in one iteration make it worth their while to wait for its end; fewer would only pay for the waiting. */
const MANY = 8;
/** While nobody waits, one in so many is used to count how many there are in its iteration. */
const COUNTED_ONE_IN = 32;

/** Counts the iterations that had an end. */
let iteration = 0;
let many = false;
let asked = 0;
let untilNextSample = COUNTED_ONE_IN;
let ending = false;
/** Slots are used again. */
const waiting: (LoopEnd | null)[] = [];
let count = 0;

/**
 * True: the task is done when the loop has handled all events that it found. False: there is so little to do that it should be
 * done at once. Writes that follow one another find the kernel's code in the processor's caches, and whoever they are for awake.
 */
export function deferToLoopEnd(task: LoopEnd): boolean {
  asked++;
  if (!many) {
    if (--untilNextSample === 0) awaitEnd();
    return false;
  }
  atLoopEnd(task);
  return true;
}

/** True: there is so much to do that it pays to put things off to the end of the iteration. */
export function loopIsBusy(): boolean {
  return many;
}

/**
 * The task is done when the loop has handled all events that it found: something was read and has to be looked at, say. It does not
 * count as `deferToLoopEnd` does, since what it leads to will. Tasks are done in their order, so all that was read is looked at before anything is written.
 */
export function atLoopEnd(task: LoopEnd): void {
  awaitEnd();
  waiting[count] = task;
  count++;
}

/** Another one after each end of an iteration at which something was done. */
export function loopIteration(): number {
  return iteration;
}

function awaitEnd(): void {
  if (ending) return;
  ending = true;
  asked = 1;
  setImmediate(endLoop);
}

/** Called by the loop itself, and by benchmarks that have none. What is asked for meanwhile is done too. */
export function endLoop(): void {
  if (!ending) return;
  let done = 0;
  try {
    while (done < count) {
      const task = waiting[done];
      waiting[done] = null;
      done++;
      task?.endLoop();
    }
  } catch (error) {
    postpone(done);
    throw error;
  }
  count = 0;
  iteration++;
  ending = false;
  many = asked >= MANY;
  untilNextSample = COUNTED_ONE_IN;
}

/** A task threw, which is its own affair: what is left is done in the next iteration. */
function postpone(first: number): void {
  waiting.copyWithin(0, first, count);
  count -= first;
  setImmediate(endLoop);
}
