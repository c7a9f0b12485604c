import { errorLabelValues } from "../request-metrics/request-labels.ts";
import { known, labelled, one, own, type MetricEntry } from "./metric-entry.ts";
import type { Sample } from "./prometheus-text.ts";
import type { StateReadings } from "./state-readings.ts";

/** Metrics that ingress-nginx does not have. */
export const OWN_METRICS: readonly MetricEntry[] = [
  own(
    "histogram",
    "headgate_propagation_seconds",
    "From the event of an object to the moment every worker serves it",
    ({ propagation }) => histogramSamples(propagation),
  ),
  labelled(
    ["worker"],
    own(
      "gauge",
      "headgate_event_loop_delay_seconds",
      "How late the event loop came in the last second, at most",
      ({ workers }) => [...workers.loopDelaysMicros].map(([worker, micros]) => [[worker], micros / 1e6]),
    ),
  ),
  own("gauge", "headgate_workers", "Worker threads", ({ workers }) => one(workers.count)),
  own("counter", "headgate_worker_restarts_total", "Workers that died and were replaced", ({ workers }) =>
    one(workers.restarts),
  ),
  own(
    "gauge",
    "headgate_upstream_idle_connections",
    "Connections to endpoints that wait for their next request",
    ({ workers }) => one(workers.idleUpstreamConnections),
  ),
  own("gauge", "headgate_requests_running", "Requests under way, tunnels included", ({ workers }) =>
    one(workers.running),
  ),
  labelled(
    ["code", "namespace", "ingress"],
    own(
      "counter",
      "headgate_proxy_errors_total",
      "Errors answered by the proxy itself and connections turned away, by reason and Ingress",
      ({ proxyErrors }) => proxyErrors.map((series) => [errorLabelValues(series.labels), series.at(0)]),
    ),
  ),
  labelled(
    ["kind"],
    own(
      "gauge",
      "headgate_api_server_silence_seconds",
      "Since the API server was last heard of objects of that kind: a list, an event, or a bookmark about every minute",
      ({ apiContact }) => [...apiContact.silencesMs].map(([kind, silenceMs]) => [[kind], silenceMs / 1000]),
    ),
  ),
  labelled(
    ["kind"],
    own(
      "gauge",
      "headgate_api_server_followed",
      "1 where every change of objects of that kind is heard of, else 0; nothing where the roles do not grant it",
      ({ apiContact }) => [...apiContact.followed].map(([kind, followed]) => [[kind], followed ? 1 : 0]),
    ),
  ),
  labelled(
    ["class"],
    own(
      "gauge",
      "headgate_ingresses_without_class",
      "Ingresses that nobody serves because the IngressClass they name does not exist, or may not be read",
      ({ withoutClass }) => [...withoutClass()].map(([name, count]) => [[name], count]),
    ),
  ),
  own(
    "counter",
    "headgate_api_server_outages_total",
    "Times at which the API server failed to tell a kind any further, until all were told again",
    ({ apiContact }) => one(apiContact.outages),
  ),
  own(
    "gauge",
    "headgate_api_server_recovery_seconds",
    "Of the last outage: from the API server's first good answer until every kind was followed again; 0 while it does not answer",
    ({ apiContact }) => one(apiContact.recoveryMs / 1000),
  ),
  own("counter", "headgate_status_writes_total", "Statuses of Ingresses written", ({ duties }) =>
    known(duties?.statusWrites ?? null),
  ),
  own(
    "counter",
    "headgate_status_write_failures_total",
    "Statuses that could not be written at the first try",
    ({ duties }) => known(duties?.statusFailures ?? null),
  ),
  own(
    "counter",
    "headgate_status_foreign_writes_total",
    "Statuses that another controller had overwritten",
    ({ duties }) => known(duties?.foreignStatusWrites ?? null),
  ),
  own("counter", "headgate_events_dropped_total", "Events dropped because there were too many", ({ duties }) =>
    known(duties?.droppedEvents ?? null),
  ),
  own(
    "counter",
    "headgate_log_lines_dropped_total",
    "Log lines dropped because the reader was slow",
    ({ droppedLogLines }) => one(droppedLogLines),
  ),
  own("gauge", "headgate_config_generation", "Configurations applied since the start", ({ applied }) => one(applied)),
  labelled(
    ["severity"],
    own("gauge", "headgate_problems", "Problems in the objects being served, by severity", ({ problems }) =>
      Object.entries(problems).map(([severity, count]) => [[severity], count]),
    ),
  ),
];

function* histogramSamples({ bounds, counts, sum }: StateReadings["propagation"]): Generator<Sample> {
  let cumulative = 0;
  for (const [index, count] of counts.entries()) {
    cumulative += count;
    yield [[String(bounds[index] ?? "+Inf")], cumulative, "_bucket"];
  }
  yield [[], sum, "_sum"];
  yield [[], cumulative, "_count"];
}
