import { type ConfigKey, unsupportedKeys } from "../entries/config-key.ts";

const JAEGER = [
  "collector-host",
  "collector-port",
  "endpoint",
  "service-name",
  "propagation-format",
  "sampler-type",
  "sampler-param",
  "sampler-host",
  "sampler-port",
  "trace-context-header-name",
  "debug-header",
  "baggage-header",
  "trace-baggage-header-prefix",
];

/** Logs and traces that are not written yet, or that nginx writes. */
export const OBSERVING_KEYS: readonly ConfigKey[] = [
  ...unsupportedKeys({ group: "Logs" }, [
    ["log-format-stream", "text", "nginx's stream format", "Format of the TCP and UDP log."],
    ["disable-stream-access-log", "bool", "false", "No access log of TCP and UDP."],
    ["stream-access-log-path", "text", "", "File of the TCP and UDP log."],
    ["enable-auth-access-log", "bool", "false", "Logs questions to the authentication service."],
    ["enable-syslog", "bool", "false", "Logs to syslog."],
    ["syslog-host", "text", "", "Address of syslog."],
    ["syslog-port", "int", "514", "Port of syslog."],
  ]),
  ...unsupportedKeys(
    {
      group: "Logs",
      status: { kind: "accepted", why: "the error log goes to standard error, as in nginx's image; no file is opened" },
    },
    [["error-log-path", "text", "/var/log/nginx/error.log", "File of the error log."]],
  ),
  ...unsupportedKeys({ group: "Logs", status: { kind: "accepted", why: "there is no nginx behind it" } }, [
    ["access-log-params", "text", "", "nginx's parameters of the access log."],
    ["debug-connections", "list", "", "Clients that nginx logs in detail."],
  ]),
  ...unsupportedKeys({ group: "Telemetry" }, [
    ["enable-opentelemetry", "bool", "false", "Traces requests."],
    ["opentelemetry-trust-incoming-span", "bool", "true", "Continues the client's trace."],
    ["opentelemetry-operation-name", "text", "", "Name of the spans."],
    ["otlp-collector-host", "text", "", "Collector."],
    ["otlp-collector-port", "int", "4317", "Port of the collector."],
    ["otel-service-name", "text", "nginx", "Name of the service."],
    ["otel-sampler", "text", "AlwaysOn", "Which requests are traced."],
    ["otel-sampler-ratio", "text", "0.01", "Share that is traced."],
    ["otel-sampler-parent-based", "bool", "true", "Follows the caller's decision."],
    ["otel-max-queuesize", "int", "2048", "Spans waiting."],
    ["otel-schedule-delay-millis", "int", "5000", "Milliseconds between two exports."],
    ["otel-max-export-batch-size", "int", "512", "Spans of one export."],
  ]),
  ...unsupportedKeys({ group: "Telemetry", status: { kind: "accepted", why: "it configures a module of nginx" } }, [
    ["opentelemetry-config", "text", "/etc/ingress-controller/telemetry/opentelemetry.toml", "File of the module."],
  ]),
  ...unsupportedKeys(
    { group: "Telemetry", status: { kind: "accepted", why: "ingress-nginx documents it but no longer reads it" } },
    JAEGER.map((name) => [`jaeger-${name}`, "text", "", "Tracing with Jaeger."] as const),
  ),
];
