const ALL = 'controller_pod=~".*",controller_class=~".*",namespace=~".*"';
const OF_INGRESS = `${ALL},ingress=~".*"`;
const P = "nginx_ingress_controller";

/** What the panels and variables of ingress-nginx's dashboard "NGINX Ingress controller" ask for. */
export const OVERVIEW_EXPRESSIONS: readonly string[] = [
  `${P}_config_hash`,
  `round(sum(irate(${P}_requests{${ALL}}[2m])), 0.001)`,
  `sum(avg_over_time(${P}_nginx_process_connections{controller_pod=~".*",controller_class=~".*",state="active"}[2m]))`,
  `sum(rate(${P}_requests{${ALL},status!~"[4-5].*"}[2m])) / sum(rate(${P}_requests{${ALL}}[2m]))`,
  `avg(irate(${P}_success{controller_pod=~".*",controller_class=~".*"}[1m])) * 60`,
  `count(${P}_config_last_reload_successful{controller_pod=~".*"} == 0) OR vector(0)`,
  `count(${P}_config_last_reload_successful{controller_pod=~".*"} == 1)`,
  `round(sum(irate(${P}_requests{${OF_INGRESS}}[2m])) by (ingress), 0.001)`,
  `sum(rate(${P}_requests{${OF_INGRESS},status!~"[4-5].*"}[2m])) by (ingress) / sum(rate(${P}_requests{${OF_INGRESS}}[2m])) by (ingress)`,
  `sum(irate(${P}_request_size_sum{${ALL}}[2m]))`,
  `- sum(irate(${P}_response_size_sum{${ALL}}[2m]))`,
  `avg(${P}_nginx_process_resident_memory_bytes{controller_pod=~".*",controller_class=~".*"})`,
  `avg(rate(${P}_nginx_process_cpu_seconds_total{controller_pod=~".*",controller_class=~".*"}[2m]))`,
  ...["0.50", "0.90", "0.99"].map(
    (quantile) =>
      `histogram_quantile(${quantile}, sum(rate(${P}_request_duration_seconds_bucket{ingress!="",${OF_INGRESS}}[2m])) by (le, ingress))`,
  ),
  `sum(irate(${P}_request_size_sum{${OF_INGRESS}}[2m])) by (ingress)`,
  `sum(irate(${P}_response_size_sum{${OF_INGRESS}}[2m])) by (ingress)`,
  `avg(${P}_ssl_expire_time_seconds{namespace=~".*",ingress=~".*"}) by (host) - time()`,
];

/** What those of "Request Handling Performance" ask for. */
export const PERFORMANCE_EXPRESSIONS: readonly string[] = [
  ...["0.5", "0.95", "0.99"].flatMap((quantile) =>
    ["request", "response"].map(
      (name) =>
        `histogram_quantile(${quantile}, sum by (le)(rate(${P}_${name}_duration_seconds_bucket{ingress=~".*"}[1m])))`,
    ),
  ),
  `histogram_quantile(.5, sum by (le, method, host, path)(rate(${P}_request_duration_seconds_bucket{ingress=~".*"}[1m])))`,
  `histogram_quantile(.5, sum by (le, method, host, path)(rate(${P}_response_duration_seconds_bucket{ingress=~".*"}[1m])))`,
  `histogram_quantile(.5, sum by (le, method, host, path)(rate(${P}_header_duration_seconds_bucket{ingress=~".*"}[1m])))`,
  `histogram_quantile(.5, sum by (le, method, host, path)(rate(${P}_connect_duration_seconds_bucket{ingress=~".*"}[1m])))`,
  `sum by (method, host, path)(rate(${P}_request_duration_seconds_count{ingress=~".*"}[1m]))`,
  `sum by (method, host, path, status)(rate(${P}_request_duration_seconds_count{ingress=~".*",status=~"[4-5].*"}[1m]))`,
  `sum by (method, host, path)(rate(${P}_request_duration_seconds_count{ingress=~".*",status=~"[4-5].*"}[1m])) / sum by (method, host, path)(rate(${P}_request_duration_seconds_count{ingress=~".*"}[1m]))`,
  `sum by (method, host, path)(rate(${P}_response_duration_seconds_sum{ingress=~".*"}[1m]))`,
  `sum by (method, host, path)(rate(${P}_response_size_sum{ingress=~".*"}[1m])) / sum by (method, host, path)(rate(${P}_response_size_count{ingress=~".*"}[1m]))`,
  `sum(rate(${P}_bytes_sent_sum[1m]))`,
];
