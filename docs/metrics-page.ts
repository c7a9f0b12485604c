import { HISTOGRAMS, REQUESTS, STATE_METRICS } from "../src/observability/observability.ts";

const PREFIX = "nginx_ingress_controller_";
const REQUEST_LABELS = "host, ingress, namespace, path, service, canary, method, status";

/** The tables of docs/metrics.md: name, type, labels, meaning. */
export function metricRows(): Readonly<Record<"requests" | "ingressNginx" | "own", readonly (readonly string[])[]>> {
  const rows = STATE_METRICS.map(({ name, type, labels, help }) => [`\`${name}\``, type, labels.join(", "), help]);
  const ofIngressNginx = STATE_METRICS.map(({ name }) => name.startsWith(PREFIX));
  return {
    requests: [
      [`\`${PREFIX}${REQUESTS.name}\``, "counter", REQUEST_LABELS, REQUESTS.help],
      ...Object.entries(HISTOGRAMS).map(([name, { help }]) => [
        `\`${PREFIX}${name}\``,
        "histogram",
        REQUEST_LABELS,
        help,
      ]),
    ],
    ingressNginx: rows.filter((_, index) => ofIngressNginx[index]),
    own: rows.filter((_, index) => !ofIngressNginx[index]),
  };
}

export const METRICS_INTRO: readonly string[] = [
  "# Metrics",
  "`/metrics` on `--healthz-port`, as Prometheus text format 0.0.4 or as OpenMetrics 1.0.0, with gzip, as the scraper asks. Names, labels and buckets are ingress-nginx's, so that its dashboards, alerts and canary controllers keep working; what it does not have begins with `headgate_`, `process_` or `nodejs_`. Every series also has `controller_class`, `controller_namespace` and `controller_pod`.",
  [
    "- `path` is the rule's path, never the request's; `host` is the rule's, of a wildcard its pattern. Requests for hosts that no Ingress has are not counted unless `--metrics-per-undefined-host` is set, and then at most 500 such hosts by name.",
    "- `canary` is the canary's upstream when it took the request. `method` is `OTHER` outside a fixed set.",
    "- A backend that invents statuses gets 64 series a route, further ones count under their class (`2xx`).",
    "- `requests` begin at zero: with a route for `GET` and 200, with the first request of a method also for 500, 502, 503 and 504, so that `rate` and `increase` see the first error.",
    "- Series of an Ingress go when its last route goes. What a replaced worker has counted stays.",
    "- Upstream times are those of the last attempt; an answer that asked no upstream has none.",
  ].join("\n"),
];
