import type { Clock } from "../../lib/clock.ts";
import type { MetricsFormat } from "../../model/metrics-format.ts";
import type { ModelDelta } from "../../model/model.ts";
import { ModelHash } from "../../model/model-hash.ts";
import type { Problem } from "../../model/problem.ts";
import { DEFAULT_HOST, type VirtualHost } from "../../model/virtual-host.ts";
import type { RequestMetricsOptions } from "../../model/request-metrics-options.ts";
import type { CellNotice } from "../request-metrics/cell-arena.ts";
import { Histogram } from "./histogram.ts";
import { CONTROLLER_METRICS } from "./controller-metrics.ts";
import type { MetricEntry } from "./metric-entry.ts";
import { OWN_METRICS } from "./own-metrics.ts";
import { PROCESS_METRICS } from "./process-metrics.ts";
import { ServedModelIndex } from "./served-model-index.ts";
import { END_OF_OPEN_METRICS, printMetric, printRequestMetrics } from "./prometheus-text.ts";
import { formatLabels, ingressOf, routeLabels, watchedSeries } from "../request-metrics/request-labels.ts";
import { compileLayout } from "../request-metrics/request-layout.ts";
import { ReviewCounts } from "./review-counts.ts";
import { RuntimeMetrics, type RuntimeReading } from "./runtime-metrics.ts";
import { SeriesTotals } from "../request-metrics/series-totals.ts";
import type { ThreadMemory } from "./thread-memory.ts";
import type {
  ApiContact,
  DutyReading,
  ProcessReading,
  ReviewReading,
  StateReadings,
  WorkersReading,
} from "./state-readings.ts";

export interface MetricsOptions {
  readonly clock: Clock;
  readonly version: string;
  /** Such as `node-v26.10.0`. */
  readonly runtime: string;
  /** `--controller-class`, and the pod we run in. */
  readonly controller: { readonly class: string; readonly namespace: string; readonly pod: string };
  readonly requests: RequestMetricsOptions;
  readonly readWorkers: () => WorkersReading;
  readonly readProcess: () => ProcessReading;
  /** Heap and collector of each worker, by its number. */
  readonly readThreads: () => Iterable<readonly [thread: string, memory: ThreadMemory]>;
  /** Null where nothing is written back. */
  readonly readDuties: () => DutyReading | null;
  readonly readApiContact: () => ApiContact;
  readonly droppedLogLines: () => number;
}

/** A delta that the workers have answered. */
export interface AppliedDelta {
  readonly delta: ModelDelta;
  /** Monotonic milliseconds: when the first event that led to it was heard, and when every worker served it. */
  readonly heardAtMs: number;
  readonly liveAtMs: number;
}

/** Every metric that is not per request, in the order in which they are printed. */
export const STATE_METRICS: readonly MetricEntry[] = [...CONTROLLER_METRICS, ...PROCESS_METRICS, ...OWN_METRICS];

/** Seconds. */
const PROPAGATION_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** All metrics of one controller, printed under ingress-nginx's names so that its dashboards and alerts keep working. */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #constantLabels: string;
  readonly #runtime: RuntimeMetrics;
  readonly #series: Readonly<Record<CellNotice["family"], SeriesTotals>>;
  readonly #hash = new ModelHash();
  readonly #model = new ServedModelIndex();
  readonly #problems = new Map<string, readonly Problem[]>();
  readonly #propagation = new Histogram(PROPAGATION_BOUNDS);
  readonly #reviews = new ReviewCounts();
  #applied = 0;
  #failed = 0;
  #lastOutcome: StateReadings["lastOutcome"] = null;
  #lastAppliedAtSeconds = 0;

  constructor(options: MetricsOptions) {
    const { class: controllerClass, namespace, pod } = options.controller;
    this.#options = options;
    this.#runtime = new RuntimeMetrics(options.readThreads);
    this.#constantLabels = formatLabels({
      controller_class: controllerClass,
      controller_namespace: namespace,
      controller_pod: pod,
    });
    this.#series = {
      requests: new SeriesTotals(),
      "proxy-errors": new SeriesTotals(),
      finished: new SeriesTotals(),
    };
  }

  /** A data plane, known by its number, has a new series. */
  addSeries(owner: number, notice: CellNotice): void {
    this.#series[notice.family].add(owner, notice);
  }

  /** A data plane serves that Ingress (`namespace/name`) no more. */
  forgetIngress(owner: number, ingress: string): void {
    this.#series.requests.forget(owner, ingress);
    this.#series["proxy-errors"].forget(owner, ingress);
  }

  /** A data plane is no more; what it counted stays. */
  retire(owner: number): void {
    for (const series of Object.values(this.#series)) series.retire(owner);
  }

  /** A delta that every data plane took. */
  recordApplied({ delta, heardAtMs, liveAtMs }: AppliedDelta): void {
    // The first one is the start, not a change.
    if (this.#applied > 0) this.#propagation.observe((liveAtMs - heardAtMs) / 1000);
    this.#applied++;
    this.#lastOutcome = "applied";
    this.#lastAppliedAtSeconds = Math.floor(this.#options.clock.nowMs() / 1000);
    this.#hash.apply(delta);
    this.#model.apply(delta);
    for (const host of delta.virtualHosts.values()) if (host !== null) this.#watchRoutes(host);
  }

  /** A delta that a data plane refused by throwing: its last good configuration goes on serving. */
  recordFailed(): void {
    this.#failed++;
    this.#lastOutcome = "failed";
  }

  /** Takes over the problems of the objects named; an empty list clears an object's. */
  recordProblems(changed: ReadonlyMap<string, readonly Problem[]>): void {
    for (const [key, problems] of changed) {
      if (problems.length === 0) this.#problems.delete(key);
      else this.#problems.set(key, problems);
    }
  }

  /** A verdict of the admission webhook. */
  recordReview(review: ReviewReading): void {
    this.#reviews.record(review);
  }

  /** In pieces between which the caller may let others work. */
  async *print(format: MetricsFormat): AsyncGenerator<string> {
    const readings = this.#readings(await this.#runtime.read());
    const style = { format, constant: this.#constantLabels };
    for (const entry of STATE_METRICS) yield* printMetric(entry, entry.read(readings), style);
    const layout = compileLayout(this.#options.requests);
    yield* printRequestMetrics(layout, this.#series.requests.totals(), style);
    if (format === "openmetrics") yield END_OF_OPEN_METRICS;
  }

  /** A route's requests begin at zero with the route: `rate` sees the first of them. */
  #watchRoutes(host: VirtualHost): void {
    const { requests } = this.#options;
    if (requests.perHost && host.id === DEFAULT_HOST) return;
    for (const route of host.routes) {
      const [first] = watchedSeries(routeLabels(route, host.id, requests), "GET", requests);
      if (route.source !== null && first !== undefined) this.#series.requests.watch(ingressOf(route), first);
    }
  }

  #readings(families: RuntimeReading): StateReadings {
    const { version, runtime, controller, readWorkers, readProcess, readDuties, droppedLogLines } = this.#options;
    return {
      version,
      runtime,
      controllerClass: controller.class,
      applied: this.#applied,
      failed: this.#failed,
      lastOutcome: this.#lastOutcome,
      lastAppliedAtSeconds: this.#lastAppliedAtSeconds,
      configHash: this.#hash.value,
      droppedLogLines: droppedLogLines(),
      certificates: () => this.#model.certificates(),
      ingresses: () => this.#model.ingresses(),
      withoutService: () => withReason(this.#problems.values(), "ServiceNotFound"),
      withoutClass: () => missingClasses(this.#problems.values()),
      problems: countBySeverity(this.#problems.values()),
      proxyErrors: this.#series["proxy-errors"].totals(),
      finished: this.#series.finished.totals()[0]?.at(0) ?? 0,
      workers: readWorkers(),
      process: readProcess(),
      families,
      propagation: this.#propagation,
      apiContact: this.#options.readApiContact(),
      duties: readDuties(),
      reviews: this.#reviews,
    };
  }
}

function countBySeverity(lists: Iterable<readonly Problem[]>): Record<"error" | "warning", number> {
  const counts = { error: 0, warning: 0 };
  for (const problems of lists) for (const problem of problems) counts[problem.severity]++;
  return counts;
}

/** The objects (`namespace/name`) that have a problem of that reason. */
function withReason(lists: Iterable<readonly Problem[]>, reason: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const problems of lists) {
    for (const { reason: own, source } of problems) if (own === reason) found.add(`${source.namespace}/${source.name}`);
  }
  return found;
}

function* missingClasses(problems: Iterable<readonly Problem[]>): Generator<readonly [string, number]> {
  for (const { reason, source, value } of [...problems].flat()) {
    if (reason === "IngressClassNotFound") yield [source.name, Number(value)];
  }
}
