import { flatCopy } from "../../lib/flat-copy.ts";
import type { ExchangeObserver } from "../../model/exchange-observer.ts";
import type { FinishedExchange } from "../../model/finished-exchange.ts";
import type { ObserverSlot } from "../../model/observer-slot.ts";
import type { Route } from "../../model/route.ts";
import { DEFAULT_HOST } from "../../model/virtual-host.ts";
import type { RequestMetricsOptions } from "../../model/request-metrics-options.ts";
import { readCell, recordExchange, type RequestCell } from "./request-cell.ts";
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

/** Makes the cell of a new series. */
type OpenCell = (series: NewSeries) => RequestCell;

/**
 * Counts finished requests under ingress-nginx's names and labels. What a request costs: a few additions in a typed
 * array; the labels are put together once a series. Cardinality is bounded by the configuration: unknown hosts are
 * left out, a wildcard host counts under its pattern, methods outside a fixed set are `OTHER`.
 */
export class RequestCounters implements ExchangeObserver {
  readonly #options: RequestMetricsOptions;
  readonly #layout: CellLayout;
  readonly #openCell: OpenCell;
  /** By ingress (`namespace/name`), then by the route's own labels: route objects are replaced, counts stay. */
  readonly #byIngress = new Map<string, Map<string, RouteSeries>>();
  readonly #undefinedHosts = new Set<string>();
  /** What was read ahead ends here, so that no compiler leaves the reading out. */
  read = 0;

  constructor(options: RequestMetricsOptions, openCell: OpenCell) {
    this.#options = options;
    this.#layout = compileLayout(options);
    this.#openCell = openCell;
  }

  /** Reads the cells in which their requests will probably count. */
  prefetch(routes: readonly ObserverSlot[]): void {
    let read = 0;
    for (const { lastCellStart } of routes) read += lastCellStart;
    for (const { lastCell, lastCellStart } of routes) if (lastCell !== null) read += readCell(lastCell, lastCellStart);
    this.read = read;
  }

  onFinish(exchange: FinishedExchange): void {
    const { route, routeMemo: memo } = exchange;
    if (route === null) return;
    const key = cellKey(exchange);
    if (memo !== null && memo.lastCell !== null && memo.lastCellKey === key && exchange.alternativeUpstream === "") {
      recordExchange(memo.lastCell, memo.lastCellStart, this.#layout, exchange);
    } else {
      this.#record(route, key, exchange);
    }
  }

  /** Drops the series of an Ingress that is gone. */
  forget(ingress: string): void {
    this.#byIngress.delete(ingress);
  }

  /** A request that is not like its route's last one. */
  #record(route: Route, key: number, exchange: FinishedExchange): void {
    const { routeMemo: memo, virtualHost, alternativeUpstream: canary } = exchange;
    const { perHost, perUndefinedHost } = this.#options;
    const isDefined = virtualHost?.isDefault === false || !perHost;
    if (!isDefined && !perUndefinedHost) return;
    const known = memo?.observed;
    const host = isDefined ? (virtualHost?.id ?? DEFAULT_HOST) : this.#undefinedHost(exchange.host);
    const series = known instanceof RouteSeries ? known : this.#open(route, host);
    const { numbers, start } = series.cell(key, canary);
    recordExchange(numbers, start, this.#layout, exchange);
    if (memo === null || !isDefined) return;
    memo.observed = series;
    if (canary !== "") return;
    memo.lastCell = numbers;
    memo.lastCellStart = start;
    memo.lastCellKey = key;
  }

  #undefinedHost(host: string): string {
    if (this.#undefinedHosts.size < UNDEFINED_HOSTS) this.#undefinedHosts.add(flatCopy(host));
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

/** Requests of a route that have the same key count in the same cell, but for those that its canary took. */
function cellKey({ status, method }: FinishedExchange): number {
  return status * METHODS.length + (METHOD_INDEX.get(method) ?? 0);
}

/** The cells of one route: one for each status, method and canary seen. */
class RouteSeries {
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

  /** `canary`: id of the upstream that took the request in place of the route's own; empty for none. */
  cell(key: number, canary: string): RequestCell {
    const cells = canary === "" ? this.#main : this.#canaryCells(canary);
    return cells.get(key) ?? this.#first(cells, Math.floor(key / METHODS.length), key % METHODS.length, canary);
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
