import { deltaOf } from "../../../src/model/delta.ts";
import type { ExchangeObserver } from "../../../src/model/exchange-observer.ts";
import type { FinishedExchange } from "../../../src/model/finished-exchange.ts";
import type { ObserverSlot } from "../../../src/model/observer-slot.ts";
import type { MetricsFormat } from "../../../src/model/metrics-format.ts";
import type { ModelDelta } from "../../../src/model/model.ts";
import type { Route } from "../../../src/model/route.ts";
import type { RequestMetricsOptions } from "../../../src/model/request-metrics-options.ts";
import { Metrics, WorkerMetrics } from "../../../src/observability/observability.ts";

type MetricsOptions = ConstructorParameters<typeof Metrics>[0];

/** The defaults of the command line. */
export const REQUEST_METRICS: RequestMetricsOptions = {
  perHost: true,
  perUndefinedHost: false,
  statusClasses: false,
  excluded: [],
  timeBuckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  lengthBuckets: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
  sizeBuckets: [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000],
};

/** Metrics of a controller, with numbers that are easy to recognise. */
function metricsOptions(overrides: Partial<MetricsOptions> = {}): MetricsOptions {
  return {
    clock: { nowMs: () => 1_700_000_000_000, monotonicMs: () => 0 },
    version: "1.2.3",
    runtime: "node-v26.0.0",
    controller: { class: "k8s.io/ingress-nginx", namespace: "ingress", pod: "pod-1" },
    requests: REQUEST_METRICS,
    readWorkers: () => ({
      count: 2,
      restarts: 5,
      openConnections: 7,
      acceptedConnections: 70,
      running: 4,
      idleUpstreamConnections: 9,
      loopDelaysMicros: [["main", 1500]],
    }),
    readProcess: () => ({
      cpuSeconds: 1.5,
      residentBytes: 1000,
      virtualBytes: 2000,
      startedAtSeconds: 1_600_000_000,
      readBytes: 30,
      writtenBytes: null,
    }),
    readThreads: () => [],
    readApiContact: () => ({
      silencesMs: new Map([["Ingress", 2500]]),
      followed: new Map([
        ["Ingress", true],
        ["Secret", false],
      ]),
      outages: 2,
      recoveryMs: 750,
    }),
    readDuties: () => null,
    droppedLogLines: () => 3,
    ...overrides,
  };
}

/** Metrics with one data plane that counts for them. */
export class CountedMetrics implements ExchangeObserver {
  readonly metrics: Metrics;
  readonly #options: MetricsOptions;
  readonly #recorder: WorkerMetrics;

  constructor(overrides: Partial<MetricsOptions> = {}) {
    this.#options = metricsOptions(overrides);
    this.metrics = new Metrics(this.#options);
    this.#recorder = this.openRecorder(1);
  }

  /** One more data plane. */
  openRecorder(owner: number): WorkerMetrics {
    return new WorkerMetrics({
      requests: this.#options.requests,
      announce: (notice) => this.metrics.addSeries(owner, notice),
      forget: (ingress) => this.metrics.forgetIngress(owner, ingress),
    });
  }

  prefetch(routes: readonly ObserverSlot[]): void {
    this.#recorder.prefetch(routes);
  }

  onFinish(exchange: FinishedExchange): void {
    this.#recorder.onFinish(exchange);
  }

  /** Applied by the data plane, `tookMs` after it was heard of. */
  recordApplied(delta: ModelDelta, tookMs = 0): void {
    this.#recorder.apply(delta);
    this.metrics.recordApplied({ delta, heardAtMs: 0, liveAtMs: tookMs });
  }
}

/** Everything printed, line by line. */
export async function printed({ metrics }: CountedMetrics, format: MetricsFormat = "text"): Promise<string[]> {
  return (await Array.fromAsync(metrics.print(format))).join("").split("\n");
}

/** The lines of one metric, comments left out. */
export async function linesOf(metrics: CountedMetrics, name: string): Promise<string[]> {
  const start = new RegExp(`^${name}[{ ]`);
  return (await printed(metrics)).filter((line) => start.test(line));
}

/** The request counters that are not zero. */
export async function requestsOf(metrics: CountedMetrics): Promise<string[]> {
  return (await linesOf(metrics, "nginx_ingress_controller_requests")).filter((line) => !line.endsWith(" 0"));
}

/** A delta with nothing but these parts. */
export function delta(parts: Partial<ModelDelta>): ModelDelta {
  return deltaOf(parts);
}

/** shop.example.com with these routes, or gone. */
export function hostDelta(routes: readonly Route[] | null): ModelDelta {
  const id = "shop.example.com";
  const host = routes === null ? null : { id, regexMode: false, routes, certificate: "shop/cert", filters: {} };
  return delta({ virtualHosts: new Map([[id, host]]) });
}
