import type { ExchangeObserver } from "../../model/exchange-observer.ts";
import type { FinishedExchange, TurnedAway } from "../../model/finished-exchange.ts";
import type { ObserverSlot } from "../../model/observer-slot.ts";
import type { ModelDelta } from "../../model/model.ts";
import { CellArena, type CellNotice } from "./cell-arena.ts";
import type { RequestMetricsOptions } from "../../model/request-metrics-options.ts";
import type { Route } from "../../model/route.ts";
import { errorLabels } from "./request-labels.ts";
import type { RequestCell } from "./request-cell.ts";
import { ingressOf } from "./request-labels.ts";
import { RequestCounters } from "./request-counters.ts";
import { ServedIngresses } from "./served-ingresses.ts";

export interface RecorderOptions {
  readonly requests: RequestMetricsOptions;
  /** Called with each new series, once. */
  readonly announce: (notice: CellNotice) => void;
  /** The Ingress (`namespace/name`) is gone, and with it its series. */
  readonly forget: (ingress: string) => void;
}

const UNLABELLED = { ingress: "", labels: "", watched: [] } as const;

/** What one data plane counts of its requests. The numbers lie in shared memory; only new series are told. */
export class WorkerMetrics implements ExchangeObserver {
  readonly #options: RecorderOptions;
  readonly #arena = new CellArena();
  readonly #served = new ServedIngresses();
  readonly #requests: RequestCounters;
  /** By Ingress (`namespace/name`), then by code. Errors without a route, or of one that is gone by now, belong to no Ingress. */
  readonly #errors = new Map<string, Map<string, RequestCell>>();
  readonly #finished: RequestCell;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#requests = new RequestCounters(options.requests, ({ length, ...series }) =>
      this.#open({ family: "requests", ...series }, length),
    );
    this.#finished = this.#open({ family: "finished", ...UNLABELLED }, 1);
  }

  prefetch(routes: readonly ObserverSlot[]): void {
    this.#requests.prefetch(routes);
  }

  onFinish(exchange: FinishedExchange): void {
    increment(this.#finished);
    this.#requests.onFinish(exchange);
    if (exchange.errorCode !== "") this.#countError(exchange.errorCode, exchange.route);
  }

  onTurnedAway({ code }: TurnedAway): void {
    this.#countError(code, null);
  }

  /** A delta that is served from now on. */
  apply(delta: ModelDelta): void {
    for (const ingress of this.#served.apply(delta)) {
      this.#requests.forget(ingress);
      this.#errors.delete(ingress);
      this.#options.forget(ingress);
    }
  }

  #countError(code: string, route: Route | null): void {
    const source = route === null ? "" : ingressOf(route);
    const ingress = this.#served.has(source) ? source : "";
    const cells = this.#errors.get(ingress) ?? new Map<string, RequestCell>();
    this.#errors.set(ingress, cells);
    const labels = errorLabels(code, ingress);
    const cell = cells.get(code) ?? this.#open({ family: "proxy-errors", ingress, labels, watched: [] }, 1);
    cells.set(code, cell);
    increment(cell);
  }

  #open(series: Omit<CellNotice, "cell">, length: number): RequestCell {
    const { numbers, start } = this.#arena.allocate(length);
    this.#options.announce({ ...series, cell: numbers.subarray(start, start + length) });
    return { numbers, start };
  }
}

function increment({ numbers, start }: RequestCell): void {
  numbers[start] = (numbers[start] ?? 0) + 1;
}
