import type { MetricsFormat } from "../model/metrics-format.ts";
import type { Health } from "./health.ts";
import { chooseMetricsFormat } from "./negotiation.ts";
import { type Page, type PageRequest, plain, type Routes } from "./page-server.ts";

export interface AdminPages {
  readonly health: Health;
  /** `--health-check-path`, such as `/healthz`. */
  readonly healthCheckPath: string;
  readonly metrics: (format: MetricsFormat) => Iterable<string> | AsyncIterable<string>;
  /** Certificate of the dev CA in PEM; null outside dev mode. */
  readonly devCaPem: string | null;
}

const METRICS_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Exact path → page. Everything else is 404. */
export function adminRoutes(pages: AdminPages): Routes {
  const { health, devCaPem } = pages;
  // As in ingress-nginx: load balancers that probe it send no client here before there is a configuration.
  const healthz = (): Page =>
    health.ready ? plain(200, "ok") : plain(500, health.serving ? "not ready" : "shutting down");
  const metrics = ({ accept }: PageRequest): Page => {
    const format = chooseMetricsFormat(accept);
    return { status: 200, contentType: METRICS_TYPES[format], body: pages.metrics(format) };
  };
  const routes = new Map<string, (request: PageRequest) => Page>([
    ["/healthz", healthz],
    [pages.healthCheckPath, healthz],
    ["/readyz", () => (health.ready ? plain(200, "ok") : plain(503, "not ready"))],
    // The kubelet restarts what is not live: a process that drains its connections is.
    ["/livez", () => plain(200, "ok")],
    ["/metrics", metrics],
  ]);
  if (devCaPem !== null) {
    routes.set("/dev/ca.pem", () => ({ status: 200, contentType: "application/x-pem-file", body: devCaPem }));
  }
  return routes;
}
