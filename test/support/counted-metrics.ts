import type { ExchangeObserver, FinishedExchange } from "../../src/model/finished-exchange.ts";
import type { ModelDelta } from "../../src/model/model.ts";
import { metricLabels, Metrics, Recorder } from "../../src/observability/observability.ts";

type MetricsOptions = ConstructorParameters<typeof Metrics>[0];

/** Metrics with one data plane that counts for them. */
export class CountedMetrics extends Metrics implements ExchangeObserver {
  readonly #recorder: Recorder;

  constructor(options: MetricsOptions) {
    super(options);
    this.#recorder = this.openRecorder(1, options);
  }

  /** One more data plane. */
  openRecorder(owner: number, options: MetricsOptions): Recorder {
    return new Recorder({
      labels: metricLabels(options.controller),
      announce: (notice) => this.addSeries(owner, notice),
      forget: (ingress) => this.forgetIngress(owner, ingress),
    });
  }

  onFinish(exchange: FinishedExchange): void {
    this.#recorder.onFinish(exchange);
  }

  override recordApplied(delta: ModelDelta): void {
    this.#recorder.apply(delta);
    super.recordApplied(delta);
  }
}
