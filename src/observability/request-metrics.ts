import { detached } from "../lib/detached.ts";
import type { ExchangeObserver, FinishedExchange } from "../model/finished-exchange.ts";
import type { Route } from "../model/route.ts";
import { DEFAULT_HOST } from "../model/virtual-host.ts";
import type { RequestMetricsOptions } from "../model/request-metrics-options.ts";
import { recordExchange, type RequestCell } from "./request-cell.ts";
import { ingressOf, routeLabels, seriesLabels, statusClass, watchedSeries } from "./request-labels.ts";
import { compileLayout, type CellLayout } from "./request-layout.ts";

const METHODS = ["OTHER", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
const METHOD_INDEX = new Map(METHODS.map((method, index) => [method, index]));

/** Backends may invent statuses: beyond so many series a route's requests count under their status class. */
const SERIES_PER_ROUTE = 64;
/** Clients may invent hosts: beyond so many they count as `_`. */
const UNDEFINED_HOSTS = 500;
const OTHER_HOSTS = "_";

/** A series to be opened. */
interface NewSeries {
  /** `namespace/name`; empty for none. */
  readonly ingress: string;
  /** As text. */
  readonly labels: string;
  /** Label texts that are to be printed from zero beside it. */
  readonly watched: readonly string[];
  /** How many numbers it has. */
  readonly length: number;
}

const NO_NUMBERS = new Float64Array(0);

/** Makes the cell of a new series. */
type OpenCell = (series: NewSeries) => RequestCell;

/**
 * Counts finished requests under ingress-nginx's names and labels. What a request costs: a few additions in a typed
 * array; the labels are put together once a series. Cardinality is bounded by the configuration: unknown hosts are
 * left out, a wildcard host counts under its pattern, methods outside a fixed set are `OTHER`.
 */
export class RequestMetrics implements ExchangeObserver {
  readonly #options: RequestMetricsOptions;
  readonly #layout: CellLayout;
  readonly #openCell: OpenCell;
  /** By ingress (`namespace/name`), then by the route's own labels: route objects are replaced, counts stay. */
  readonly #byIngress = new Map<string, Map<string, RouteSeries>>();
  readonly #undefinedHosts = new Set<string>();

  constructor(options: RequestMetricsOptions, openCell: OpenCell) {
    this.#options = options;
    this.#layout = compileLayout(options);
    this.#openCell = openCell;
  }

  onFinish(exchange: FinishedExchange): void {
    const { route, routeMemo, virtualHost } = exchange;
    if (route === null) return;
    const known = routeMemo === null ? null : routeMemo.observed;
    if (known instanceof RouteSeries) {
      known.record(exchange, this.#layout);
      return;
    }
    const { perHost, perUndefinedHost } = this.#options;
    if (virtualHost?.isDefault === false || !perHost) {
      this.#remember(route, exchange).record(exchange, this.#layout);
    } else if (perUndefinedHost) {
      this.#open(route, this.#undefinedHost(exchange.host)).record(exchange, this.#layout);
    }
  }

  /** Drops the series of an Ingress that is gone. */
  forget(ingress: string): void {
    this.#byIngress.delete(ingress);
  }

  #remember(route: Route, { virtualHost, routeMemo }: FinishedExchange): RouteSeries {
    const series = this.#open(route, virtualHost?.id ?? DEFAULT_HOST);
    if (routeMemo !== null) routeMemo.observed = series;
    return series;
  }

  #undefinedHost(host: string): string {
    if (this.#undefinedHosts.size < UNDEFINED_HOSTS) this.#undefinedHosts.add(detached(host));
    return this.#undefinedHosts.has(host) ? host : OTHER_HOSTS;
  }

  #open(route: Route, host: string): RouteSeries {
    const ingress = ingressOf(route);
    const routes = this.#byIngress.get(ingress) ?? new Map<string, RouteSeries>();
    this.#byIngress.set(ingress, routes);
    const key = JSON.stringify([this.#options.perHost ? host : "", route.path, route.service.name]);
    const known = routes.get(key);
    if (known !== undefined) return known;
    const labels = routeLabels(route, host, this.#options);
    const openCell = (opened: Omit<NewSeries, "ingress" | "length">): RequestCell =>
      this.#openCell({ ...opened, ingress, length: this.#layout.length });
    const series = new RouteSeries(labels, this.#options, openCell);
    routes.set(key, series);
    return series;
  }
}

/** The cells of one route: one for each status, method and canary seen. */
class RouteSeries {
  /** Nearly all requests of a route count in one cell, which these three know; all of them together, for routes that are in no cache. */
  #lastKey = -1;
  #lastNumbers: Float64Array = NO_NUMBERS;
  #lastStart = 0;
  readonly #main = new Map<number, RequestCell>();
  readonly #canaries = new Map<string, Map<number, RequestCell>>();
  readonly #labels: Readonly<Record<string, string>>;
  readonly #options: RequestMetricsOptions;
  readonly #openCell: (series: Omit<NewSeries, "ingress" | "length">) => RequestCell;

  constructor(
    labels: Readonly<Record<string, string>>,
    options: RequestMetricsOptions,
    openCell: (series: Omit<NewSeries, "ingress" | "length">) => RequestCell,
  ) {
    this.#labels = labels;
    this.#options = options;
    this.#openCell = openCell;
  }

  record(exchange: FinishedExchange, layout: CellLayout): void {
    const { status, alternativeUpstream: canary } = exchange;
    const methodIndex = METHOD_INDEX.get(exchange.method) ?? 0;
    const key = status * METHODS.length + methodIndex;
    if (key === this.#lastKey && canary === "") {
      recordExchange(this.#lastNumbers, this.#lastStart, layout, exchange);
      return;
    }
    const cells = canary === "" ? this.#main : this.#canaryCells(canary);
    const { numbers, start } = cells.get(key) ?? this.#first(cells, status, methodIndex, canary);
    recordExchange(numbers, start, layout, exchange);
    if (canary !== "") return;
    this.#lastKey = key;
    this.#lastNumbers = numbers;
    this.#lastStart = start;
  }

  /** A status class is known by its digit: no status is that small. */
  #first(cells: Map<number, RequestCell>, status: number, methodIndex: number, canary: string): RequestCell {
    const asClass = this.#options.statusClasses || cells.size >= SERIES_PER_ROUTE;
    const key = (asClass ? Math.floor(status / 100) : status) * METHODS.length + methodIndex;
    const known = cells.get(key);
    if (known !== undefined) return known;
    const method = METHODS[methodIndex] ?? "OTHER";
    const text = asClass ? statusClass(status) : String(status);
    const cell = this.#openCell({
      labels: seriesLabels(this.#labels, { canary, method, status: text }),
      watched: canary === "" ? watchedSeries(this.#labels, method, this.#options) : [],
    });
    cells.set(key, cell);
    return cell;
  }

  #canaryCells(canary: string): Map<number, RequestCell> {
    const cells = this.#canaries.get(canary) ?? new Map<number, RequestCell>();
    this.#canaries.set(canary, cells);
    return cells;
  }
}
