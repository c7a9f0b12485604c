import type { ExchangeObserver, FinishedExchange } from "../model/finished-exchange.ts";
import type { Route } from "../model/route.ts";
import { formatLabels } from "./prometheus-text.ts";
import { recordExchange, REQUEST_CELL_LENGTH, type RequestCell } from "./request-cell.ts";

const METHODS = ["OTHER", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
const METHOD_INDEX = new Map(METHODS.map((method, index) => [method, index]));

/** Makes the cell of a new series: its Ingress (`namespace/name`), its labels as text, how many numbers it has. */
export type OpenCell = (ingress: string, labels: string, length: number) => RequestCell;

/**
 * Counts finished requests under ingress-nginx's names and labels. What a request costs: two map look-ups and a few additions
 * in a typed array; the labels are put together once a series. Cardinality is bounded by the configuration: unknown hosts are
 * left out, a wildcard host counts under its pattern, methods outside a fixed set are `OTHER`.
 */
export class RequestMetrics implements ExchangeObserver {
  readonly #constantLabels: Readonly<Record<string, string>>;
  readonly #openCell: OpenCell;
  readonly #byRoute = new WeakMap<Route, RouteSeries>();
  /** By ingress (`namespace/name`), then by the route's own labels: route objects are replaced, counts stay. */
  readonly #byIngress = new Map<string, Map<string, RouteSeries>>();

  constructor(constantLabels: Readonly<Record<string, string>>, openCell: OpenCell) {
    this.#constantLabels = constantLabels;
    this.#openCell = openCell;
  }

  onFinish(exchange: FinishedExchange): void {
    const { route } = exchange;
    if (route === null || !exchange.knownHost) return;
    const series = this.#byRoute.get(route) ?? this.#open(route, exchange.virtualHost);
    recordExchange(series.cell(exchange.status, exchange.method, exchange.alternativeUpstream), exchange);
  }

  /** Drops the series of an Ingress that is gone. */
  forget(ingress: string): void {
    this.#byIngress.delete(ingress);
  }

  #open(route: Route, host: string): RouteSeries {
    const ingress = route.source === null ? "" : `${route.source.namespace}/${route.source.name}`;
    const routes = this.#byIngress.get(ingress) ?? new Map<string, RouteSeries>();
    this.#byIngress.set(ingress, routes);
    const key = JSON.stringify([host, route.path, route.service.name]);
    const openCell = (labels: string): RequestCell => this.#openCell(ingress, labels, REQUEST_CELL_LENGTH);
    const series = routes.get(key) ?? new RouteSeries(this.#labelsOf(route, host), openCell);
    routes.set(key, series);
    this.#byRoute.set(route, series);
    return series;
  }

  #labelsOf(route: Route, host: string): Readonly<Record<string, string>> {
    return {
      ...this.#constantLabels,
      host,
      ingress: route.source?.name ?? "",
      namespace: route.source?.namespace ?? "",
      path: route.path,
      service: route.service.name,
    };
  }
}

/** The cells of one route: one for each status, method and canary seen. */
class RouteSeries {
  readonly #labels: Readonly<Record<string, string>>;
  readonly #openCell: (labels: string) => RequestCell;
  readonly #main = new Map<number, RequestCell>();
  readonly #canaries = new Map<string, Map<number, RequestCell>>();

  constructor(labels: Readonly<Record<string, string>>, openCell: (labels: string) => RequestCell) {
    this.#labels = labels;
    this.#openCell = openCell;
  }

  cell(status: number, method: string, canary: string): RequestCell {
    const cells = canary === "" ? this.#main : this.#canaryCells(canary);
    const methodIndex = METHOD_INDEX.get(method) ?? 0;
    const key = status * METHODS.length + methodIndex;
    const known = cells.get(key);
    if (known !== undefined) return known;
    const labels = { ...this.#labels, canary, method: METHODS[methodIndex] ?? "OTHER", status: String(status) };
    const cell = this.#openCell(formatLabels(labels));
    cells.set(key, cell);
    return cell;
  }

  #canaryCells(canary: string): Map<number, RequestCell> {
    const cells = this.#canaries.get(canary) ?? new Map<number, RequestCell>();
    this.#canaries.set(canary, cells);
    return cells;
  }
}
