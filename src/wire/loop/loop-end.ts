/** Something that may wait for the end of the loop's iteration. */
export interface LoopEnd {
  endLoop(): void;
}

/** From this many requests in one iteration on, waiting for its end saves more than it costs. */
const BUSY_THRESHOLD = 8;
/** While the loop is not busy, one request in so many has those of its iteration counted. */
const COUNTED_ONE_IN = 32;

/** Counts the iterations that had an end. */
let iteration = 0;
let busy = false;
let requestsThisLoop = 0;
let untilNextSample = COUNTED_ONE_IN;
let ending = false;
/** Slots are used again. */
const waiting: (LoopEnd | null)[] = [];
let count = 0;

/**
 * True: the task runs when the loop has handled all events that it found. False: there is so little to do that the caller should do it at
 * once. Writes that follow one another find the kernel's code in the processor's caches, and their readers awake.
 */
export function deferToLoopEnd(task: LoopEnd): boolean {
  requestsThisLoop++;
  if (!busy) {
    if (--untilNextSample === 0) awaitEnd();
    return false;
  }
  atLoopEnd(task);
  return true;
}

/** True: there is so much to do that deferring work to the end of the iteration saves time. */
export function loopIsBusy(): boolean {
  return busy;
}

/**
 * The task runs when the loop has handled all events that it found, such as the parsing of what was read. It is not counted as a request,
 * since what it leads to is. Tasks run in the order of their registration, so everything that was read is parsed before anything is written.
 */
export function atLoopEnd(task: LoopEnd): void {
  awaitEnd();
  waiting[count] = task;
  count++;
}

/** Another number after each iteration at whose end a task ran. */
export function loopIteration(): number {
  return iteration;
}

function awaitEnd(): void {
  if (ending) return;
  ending = true;
  requestsThisLoop = 1;
  setImmediate(endLoop);
}

/** Called by the loop itself, and by benchmarks that have none. Tasks that are registered meanwhile run too. */
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
  busy = requestsThisLoop >= BUSY_THRESHOLD;
  untilNextSample = COUNTED_ONE_IN;
}

/** A task threw: the rest run in the next iteration. */
function postpone(first: number): void {
  waiting.copyWithin(0, first, count);
  count -= first;
  setImmediate(endLoop);
}
