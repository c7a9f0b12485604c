import type { MetricObjectWithValues, MetricValue, MetricValueWithName, Registry } from "prom-client";
import type { Sample } from "./prometheus-text.ts";
import { GC_BOUNDS_SECONDS, GC_KINDS, readCollections, THREAD_FIGURE, type ThreadMemory } from "./thread-memory.ts";

/** Samples by metric. */
export type RuntimeReading = ReadonlyMap<string, readonly Sample[]>;

type Family = MetricObjectWithValues<MetricValue<string>>;
type ReadThreads = () => Iterable<readonly [thread: string, memory: ThreadMemory]>;

/** Wakes the main thread up once a second, for a histogram of delays that nothing shows: `headgate_event_loop_delay_seconds` does. */
const LOOP_PRECISION_MS = 1_000;
const MAIN = "main";

const GC = "nodejs_gc_duration_seconds";
const HEAP_FIGURES = [
  ["nodejs_heap_size_total_bytes", THREAD_FIGURE.heapTotal],
  ["nodejs_heap_size_used_bytes", THREAD_FIGURE.heapUsed],
  ["nodejs_external_memory_bytes", THREAD_FIGURE.external],
] as const;

/**
 * What prom-client knows of this process and of the main thread, and the same families of the workers from their shared memory. The
 * library is loaded by the first scrape: without scrapes it costs nothing.
 */
export class RuntimeMetrics {
  readonly #readWorkers: ReadThreads;
  #registry: Promise<Registry> | null = null;

  constructor(readWorkers: ReadThreads) {
    this.#readWorkers = readWorkers;
  }

  async read(): Promise<RuntimeReading> {
    this.#registry ??= openRegistry();
    const registry = await this.#registry;
    const reading = new Map<string, Sample[]>();
    for (const family of await registry.getMetricsAsJSON()) {
      if (isPrinted(family.name)) reading.set(family.name, samplesOf(family));
    }
    for (const [thread, memory] of this.#readWorkers()) addThread(reading, thread, memory);
    return reading;
  }
}

async function openRegistry(): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = await import("prom-client");
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  return register;
}

/** The others look at the main thread alone, and at what nobody has asked for. */
function isPrinted(name: string): boolean {
  return (
    (name.startsWith("process_") && !name.startsWith("process_cpu_")) ||
    name === "nodejs_version_info" ||
    isOfThread(name)
  );
}

function isOfThread(name: string): boolean {
  return name === GC || HEAP_FIGURES.some(([figure]) => figure === name);
}

function samplesOf({ name, values }: Family): Sample[] {
  const threads = isOfThread(name) ? [MAIN] : [];
  return values.map((value: MetricValue<string> | MetricValueWithName<string>): Sample => {
    const { le, ...labels } = value.labels;
    const texts = [...threads, ...Object.values(labels).map(String), ...(le === undefined ? [] : [String(le)])];
    const metricName = "metricName" in value ? value.metricName : undefined;
    const suffix = SUFFIXES.find((one) => metricName?.endsWith(one));
    return suffix === undefined ? [texts, value.value] : [texts, value.value, suffix];
  });
}

const SUFFIXES = ["_bucket", "_sum", "_count"] as const;

function addThread(reading: Map<string, Sample[]>, thread: string, memory: ThreadMemory): void {
  for (const [name, figure] of HEAP_FIGURES) reading.get(name)?.push([[thread], memory[figure] ?? 0]);
  for (const kind of GC_KINDS) {
    const { counts, sum } = readCollections(memory, kind);
    let cumulative = 0;
    const buckets = counts.map((count, index): Sample => {
      cumulative += count;
      return [[thread, kind, String(GC_BOUNDS_SECONDS[index] ?? "+Inf")], cumulative, "_bucket"];
    });
    if (cumulative === 0) continue;
    reading.get(GC)?.push(...buckets, [[thread, kind], sum, "_sum"], [[thread, kind], cumulative, "_count"]);
  }
}
