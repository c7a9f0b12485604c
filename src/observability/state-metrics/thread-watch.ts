import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { countCollection, type GcKind, THREAD_FIGURE, type ThreadMemory } from "./thread-memory.ts";

const KINDS: ReadonlyMap<number, GcKind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weakcb"],
]);

/** Watches heap and garbage collector of the thread that calls it. */
export interface ThreadWatch {
  /** Copies the sizes of the heap; collections are counted as they come. */
  refresh(): void;
}

/** Tells `memory` of this thread, from now to the thread's end. */
export function watchThread(memory: ThreadMemory): ThreadWatch {
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = KINDS.get(kindOf(entry));
      if (kind !== undefined) countCollection(memory, kind, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  copyHeap(memory);
  return { refresh: () => copyHeap(memory) };
}

function copyHeap(memory: ThreadMemory): void {
  const heap = getHeapStatistics();
  memory[THREAD_FIGURE.heapTotal] = heap.total_heap_size;
  memory[THREAD_FIGURE.heapUsed] = heap.used_heap_size;
  memory[THREAD_FIGURE.external] = heap.external_memory;
}

function kindOf({ detail }: PerformanceEntry & { readonly detail?: unknown }): number {
  return typeof detail === "object" && detail !== null && "kind" in detail ? Number(detail.kind) : 0;
}
