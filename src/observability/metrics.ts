import type { Clock } from "../lib/clock.ts";
import type { ExchangeObserver, FinishedExchange } from "../model/finished-exchange.ts";
import type { ModelDelta } from "../model/model.ts";
import type { Problem } from "../model/problem.ts";
import { ConfigHash } from "./config-hash.ts";
import { ModelWatch } from "./model-watch.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { StateMetrics } from "./state-metrics.ts";

export interface MetricsOptions {
  readonly clock: Clock;
  readonly version: string;
  /** `--controller-class`, and the pod we run in. */
  readonly controller: { readonly class: string; readonly namespace: string; readonly pod: string };
  readonly openConnections: () => number;
  readonly droppedLogLines: () => number;
}

/** All metrics of one controller, printed under ingress-nginx's names so that its dashboards and alerts keep working. */
export class Metrics implements ExchangeObserver {
  readonly #clock: Clock;
  readonly #requests: RequestMetrics;
  readonly #state: StateMetrics;
  readonly #hash = new ConfigHash();
  readonly #model = new ModelWatch();
  readonly #problems = new Map<string, readonly Problem[]>();
  #generation = 0;

  constructor(options: MetricsOptions) {
    const { controller } = options;
    const labels = {
      controller_class: controller.class,
      controller_namespace: controller.namespace,
      controller_pod: controller.pod,
    };
    this.#clock = options.clock;
    this.#requests = new RequestMetrics(labels);
    this.#state = new StateMetrics(labels, options.version, {
      openConnections: options.openConnections,
      droppedLogLines: options.droppedLogLines,
      generation: () => this.#generation,
      configHash: () => this.#hash.value,
      expiries: () => this.#model.expiries(),
      problemCounts: () => countBySeverity(this.#problems.values()),
    });
  }

  onFinish(exchange: FinishedExchange): void {
    this.#requests.onFinish(exchange);
    if (exchange.errorCode !== "") this.#state.recordProxyError(exchange.errorCode);
  }

  /** A delta that the data plane took. */
  recordApplied(delta: ModelDelta): void {
    this.#generation++;
    this.#hash.apply(delta);
    for (const ingress of this.#model.apply(delta)) this.#requests.forget(ingress);
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
    yield* this.#requests.print();
  }
}

function countBySeverity(lists: Iterable<readonly Problem[]>): Record<"error" | "warning", number> {
  const counts = { error: 0, warning: 0 };
  for (const problems of lists) for (const problem of problems) counts[problem.severity]++;
  return counts;
}
