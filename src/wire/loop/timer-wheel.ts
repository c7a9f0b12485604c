import type { Clock } from "../../lib/clock.ts";

const SLOTS = 512;
const DEFAULT_TICK_MS = 125;

/** One re-armable deadline. Made once per connection and armed many times; its callback must not throw. */
export class Deadline {
  /** Tick at which it expires; 0 when it is not armed. */
  dueTick = 0;
  previous: Deadline | null = null;
  next: Deadline | null = null;
  readonly onExpire: () => void;

  constructor(onExpire: () => void) {
    this.onExpire = onExpire;
  }

  get armed(): boolean {
    return this.dueTick !== 0;
  }
}

/**
 * All deadlines of one thread behind one coarse timer. Arming, re-arming and disarming are O(1); moving a deadline further away
 * is a single store. A deadline never fires early and at most about one tick late. The timer never keeps the process alive,
 * and it runs only while something is armed.
 */
export class TimerWheel {
  readonly clock: Clock;
  readonly #tickMs: number;
  readonly #startMs: number;
  /** Ring of lists; each holds a sentinel node so that linking needs no special case. */
  readonly #slots: Deadline[] = [];
  #timer: NodeJS.Timeout | null = null;
  #tick = 0;
  #armedCount = 0;
  #closed = false;

  constructor(clock: Clock, tickMs: number = DEFAULT_TICK_MS) {
    this.clock = clock;
    this.#tickMs = tickMs;
    this.#startMs = clock.monotonicMs();
    for (let i = 0; i < SLOTS; i++) this.#slots.push(emptyList());
  }

  /** How many deadlines are armed. */
  get size(): number {
    return this.#armedCount;
  }

  /** Arms, or moves, a deadline to `delayMs` from now. After `close` it does nothing. */
  arm(deadline: Deadline, delayMs: number): void {
    if (this.#closed) return;
    const now = this.#nowTick();
    const due = now + Math.max(1, Math.ceil(delayMs / this.#tickMs)) + 1;
    const wasDue = deadline.dueTick;
    deadline.dueTick = due;
    // Already linked in an earlier slot: when that slot comes up, the deadline is moved on.
    if (wasDue !== 0 && due >= wasDue) return;
    if (wasDue === 0) this.#armedCount++;
    else unlink(deadline);
    // An idle wheel has not been ticking: catch up before anything hangs in a slot it would walk through.
    if (this.#armedCount === 1) this.#tick = now;
    this.#link(deadline);
    this.#timer ??= setInterval(() => this.tick(), this.#tickMs).unref();
  }

  disarm(deadline: Deadline): void {
    if (deadline.dueTick === 0) return;
    deadline.dueTick = 0;
    this.#armedCount--;
    unlink(deadline);
  }

  /** Expires what is due by the clock. Called by the wheel's own timer; tests call it after moving a fake clock. */
  tick(): void {
    const now = this.#nowTick();
    if (now - this.#tick > SLOTS) this.#tick = now - SLOTS;
    while (this.#tick < now) {
      this.#tick++;
      this.#expireSlot(this.#slots[this.#tick % SLOTS] as Deadline, now);
    }
    if (this.#armedCount === 0) this.#stop();
  }

  /** Disarms everything and stops the timer; no callback is called. */
  close(): void {
    this.#closed = true;
    this.#stop();
    for (const list of this.#slots) {
      while (list.next !== list && list.next !== null) this.disarm(list.next);
    }
  }

  #expireSlot(list: Deadline, now: number): void {
    // The slot's nodes are moved to a list of their own first: callbacks may arm and disarm freely meanwhile.
    const due = takeAll(list);
    for (let deadline = due.next; deadline !== due && deadline !== null; deadline = due.next) {
      unlink(deadline);
      if (deadline.dueTick > now) {
        this.#link(deadline);
        continue;
      }
      deadline.dueTick = 0;
      this.#armedCount--;
      deadline.onExpire();
    }
  }

  #link(deadline: Deadline): void {
    const list = this.#slots[deadline.dueTick % SLOTS] as Deadline;
    append(list, deadline);
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #nowTick(): number {
    return Math.floor((this.clock.monotonicMs() - this.#startMs) / this.#tickMs);
  }
}

function emptyList(): Deadline {
  const list = new Deadline(() => {});
  list.previous = list;
  list.next = list;
  return list;
}

function takeAll(list: Deadline): Deadline {
  const taken = emptyList();
  if (list.next === list || list.next === null || list.previous === null) return taken;
  taken.next = list.next;
  taken.previous = list.previous;
  list.next.previous = taken;
  list.previous.next = taken;
  list.next = list;
  list.previous = list;
  return taken;
}

function append(list: Deadline, deadline: Deadline): void {
  const last = list.previous ?? list;
  last.next = deadline;
  deadline.previous = last;
  deadline.next = list;
  list.previous = deadline;
}

function unlink(deadline: Deadline): void {
  if (deadline.previous !== null) deadline.previous.next = deadline.next;
  if (deadline.next !== null) deadline.next.previous = deadline.previous;
  deadline.previous = null;
  deadline.next = null;
}
