import type { Clock } from "../lib/clock.ts";
import type { ModelDelta } from "../model/model.ts";
import type { Problem } from "../model/problem.ts";
import type { CellNotice } from "./cell-arena.ts";
import { ConfigHash } from "./config-hash.ts";
import { ModelWatch } from "./model-watch.ts";
import { printRequestMetrics } from "./prometheus-text.ts";
import { SeriesTotals } from "./series-totals.ts";
import { StateMetrics } from "./state-metrics.ts";

export interface MetricsOptions {
  readonly clock: Clock;
  readonly version: string;
  /** `--controller-class`, and the pod we run in. */
  readonly controller: { readonly class: string; readonly namespace: string; readonly pod: string };
  readonly openConnections: () => number;
  readonly droppedLogLines: () => number;
}

/** The labels that every series of a controller has. */
export function metricLabels(controller: MetricsOptions["controller"]): Readonly<Record<string, string>> {
  return {
    controller_class: controller.class,
    controller_namespace: controller.namespace,
    controller_pod: controller.pod,
  };
}

/** All metrics of one controller, printed under ingress-nginx's names so that its dashboards and alerts keep working. */
export class Metrics {
  readonly #clock: Clock;
  readonly #series: Readonly<Record<CellNotice["family"], SeriesTotals>>;
  readonly #state: StateMetrics;
  readonly #hash = new ConfigHash();
  readonly #model = new ModelWatch();
  readonly #problems = new Map<string, readonly Problem[]>();
  #generation = 0;

  constructor(options: MetricsOptions) {
    this.#clock = options.clock;
    this.#series = { requests: new SeriesTotals(), "proxy-errors": new SeriesTotals() };
    this.#state = new StateMetrics(metricLabels(options.controller), options.version, {
      openConnections: options.openConnections,
      droppedLogLines: options.droppedLogLines,
      generation: () => this.#generation,
      configHash: () => this.#hash.value,
      expiries: () => this.#model.expiries(),
      problemCounts: () => countBySeverity(this.#problems.values()),
      proxyErrors: () => this.#series["proxy-errors"].totals(),
    });
  }

  /** A data plane, known by its number, has a new series. */
  addSeries(owner: number, notice: CellNotice): void {
    this.#series[notice.family].add(owner, notice);
  }

  /** A data plane serves that Ingress (`namespace/name`) no more. */
  forgetIngress(owner: number, ingress: string): void {
    this.#series.requests.forget(owner, ingress);
  }

  /** A data plane is no more; what it counted stays. */
  retire(owner: number): void {
    for (const series of Object.values(this.#series)) series.retire(owner);
  }

  /** A delta that every data plane took. */
  recordApplied(delta: ModelDelta): void {
    this.#generation++;
    this.#hash.apply(delta);
    this.#model.apply(delta);
    this.#state.recordApplied(this.#clock.nowMs());
  }

  /** A delta that the data plane refused by throwing: the last good configuration goes on serving. */
  recordFailed(): void {
    this.#state.recordFailed();
  }

  /** Takes over the problems of the objects named; an empty list clears an object's. */
  recordProblems(changed: ReadonlyMap<string, readonly Problem[]>): void {
    for (const [key, problems] of changed) {
      if (problems.length === 0) this.#problems.delete(key);
      else this.#problems.set(key, problems);
    }
  }

  /** Prometheus text format 0.0.4, in pieces. */
  async *print(): AsyncGenerator<string> {
    yield `${await this.#state.print()}\n`;
    yield* printRequestMetrics(this.#series.requests.totals());
  }
}

function countBySeverity(lists: Iterable<readonly Problem[]>): Record<"error" | "warning", number> {
  const counts = { error: 0, warning: 0 };
  for (const problems of lists) for (const problem of problems) counts[problem.severity]++;
  return counts;
}
