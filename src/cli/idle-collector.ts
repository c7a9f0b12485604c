import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface IdleCollectorOptions {
  /** Without a change for so long it looks. */
  readonly quietMs: number;
  /** Bytes of the heap where objects grow old, garbage included. */
  readonly heapBytes: () => number;
  readonly collect: () => void;
}

/** Less is not worth the pause. */
const LEAST_GROWTH_BYTES = 16 * 1_048_576;
/** Of what the heap was after the last collection: as with V8 itself, the work stays in proportion to what became garbage. */
const LEAST_GROWTH_SHARE = 0.25;
/** A larger heap is left to V8, which collects it in steps: the pause would be longer than a second. */
const LARGEST_HEAP_BYTES = 512 * 1_048_576;

/**
 * Gives memory back after a burst of changes. V8 lets the heap grow to several times of what is alive before it collects, and then keeps the
 * pages; a control plane that has read a cluster once, or has written thousands of statuses, would sit on that for hours. The pause
 * (some 200 ms where 5,000 Ingresses are alive) falls into a time when nothing changes, and no request waits for this thread.
 */
export class IdleCollector {
  readonly #options: IdleCollectorOptions;
  #leftBytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: IdleCollectorOptions) {
    this.#options = options;
  }

  /** Something changed: what it left behind is looked at once nothing else does. */
  noteChange(): void {
    if (this.#timer === null) this.#timer = setTimeout(() => this.#look(), this.#options.quietMs).unref();
    else this.#timer.refresh();
  }

  #look(): void {
    const { heapBytes, collect } = this.#options;
    const bytes = heapBytes();
    const growth = bytes - this.#leftBytes;
    if (growth < LEAST_GROWTH_BYTES || growth < this.#leftBytes * LEAST_GROWTH_SHARE) return;
    if (bytes > LARGEST_HEAP_BYTES) return;
    collect();
    this.#leftBytes = heapBytes();
  }
}

/** Of this thread: all spaces but the young one. */
export function oldHeapBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.startsWith("new_"))
    .reduce((sum, space) => sum + space.physical_space_size, 0);
}

/** Collects and compacts the heap of this thread, and gives free pages back. */
export function openCollect(): () => void {
  // Contexts made meanwhile have the function, none made later: workers never see it.
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof gc !== "function") return () => {};
  return () => void gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
