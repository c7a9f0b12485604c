import type { Route } from "../../model/route.ts";
import type { RequestMetricsOptions } from "../../model/request-metrics-options.ts";

type Labels = Readonly<Record<string, string>>;

/** What success rates and alerts look at: counted from zero, so that the first error of a route is an increase. */
const WATCHED_STATUSES = [200, 500, 502, 503, 504];

/** ingress-nginx's labels of a route. `host` is that of the rule, a wildcard's is its pattern; absent with `--metrics-per-host=false`. */
export function routeLabels(route: Route, host: string, options: RequestMetricsOptions): Labels {
  return {
    ...(options.perHost ? { host } : {}),
    ingress: route.source?.name ?? "",
    namespace: route.source?.namespace ?? "",
    path: route.path,
    service: route.service.name,
  };
}

/** `namespace/name` of the Ingress that wrote the route; empty for none. */
export function ingressOf({ source }: Route): string {
  return source === null ? "" : `${source.namespace}/${source.name}`;
}

/** Labels of one series as text; always in this order, so that equal series have equal texts. */
export function seriesLabels(route: Labels, request: { canary: string; method: string; status: string }): string {
  const { canary, method, status } = request;
  return formatLabels({ ...route, canary, method, status });
}

export function statusClass(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}

/** The label sets of a route and method that are to be printed from zero. */
export function watchedSeries(route: Labels, method: string, options: RequestMetricsOptions): readonly string[] {
  const texts = WATCHED_STATUSES.map((status) => (options.statusClasses ? statusClass(status) : String(status)));
  return [...new Set(texts)].map((status) => seriesLabels(route, { canary: "", method, status }));
}

/** Labels in Prometheus text format 0.0.4: backslash, quote and line feed are escaped. */
export function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

/** Label values of `headgate_proxy_errors_total` as one text, as series of cells are told by. `ingress`: `namespace/name`, or empty. */
export function errorLabels(code: string, ingress: string): string {
  return `${code}/${ingress === "" ? "/" : ingress}`;
}

/** Code, namespace and Ingress. */
export function errorLabelValues(labels: string): readonly string[] {
  return labels.split("/", 3);
}
