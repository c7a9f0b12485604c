/** What a scraper may ask for: Prometheus text format 0.0.4, or OpenMetrics 1.0.0. */
export type MetricsFormat = "text" | "openmetrics";
