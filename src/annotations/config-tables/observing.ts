import { applyErrorLogLevel, applyLogFormat, applyLogPath, applyLogSkips, withAccessLog } from "../access-log-apply.ts";
import { boolSetting } from "../config-apply.ts";
import { honouredKey, unhonouredKeys, type ConfigKey } from "../config-key.ts";

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

const ERROR_LOG: readonly ConfigKey[] = [
  honouredKey({
    name: "error-log-level",
    group: "Logs",
    type: "text",
    fallback: "notice",
    status: {
      kind: "differs",
      how: "for lines about requests and connections; debug and info mean notice, what is above error means none; --v is the program's own level",
    },
    doc: "Lines of the error log below this level are left out.",
    apply: applyErrorLogLevel,
  }),
];

/** In this order: a later key has the last word over an earlier one. */
const ACCESS_LOG: readonly ConfigKey[] = [
  honouredKey({
    name: "log-format-upstream",
    group: "Logs",
    type: "text",
    fallback: "nginx's combined format and upstream fields",
    status: { kind: "differs", how: "a variable that is not known is logged as unset, where nginx refuses to start" },
    doc: "Format of the access log; its variables are on the page access-log.md.",
    apply: applyLogFormat,
  }),
  honouredKey({
    name: "log-format-escape-json",
    group: "Logs",
    type: "bool",
    fallback: "false",
    doc: "Escapes values for JSON; unset ones are empty.",
    apply: boolSetting((on, settings) => withAccessLog(settings, on ? { escape: "json" } : {})),
  }),
  honouredKey({
    name: "log-format-escape-none",
    group: "Logs",
    type: "bool",
    fallback: "false",
    status: { kind: "differs", how: "control characters are escaped all the same, so that no value ends a line" },
    doc: "Escapes nothing.",
    apply: boolSetting((on, settings) => withAccessLog(settings, on ? { escape: "none" } : {})),
  }),
  honouredKey({
    name: "access-log-path",
    group: "Logs",
    type: "text",
    fallback: "/var/log/nginx/access.log",
    status: {
      kind: "differs",
      how: "nginx's default path, /dev/stdout, /dev/stderr and off are known; no other file is opened",
    },
    doc: "Where the access log goes; the default is standard output, as in nginx's image.",
    apply: applyLogPath,
  }),
  honouredKey({
    name: "http-access-log-path",
    group: "Logs",
    type: "text",
    fallback: "",
    status: { kind: "differs", how: "as access-log-path" },
    doc: "Where the access log of HTTP goes; the last word over access-log-path.",
    apply: applyLogPath,
  }),
  honouredKey({
    name: "disable-access-log",
    group: "Logs",
    type: "bool",
    fallback: "false",
    doc: "No access log.",
    apply: boolSetting((off, settings) => withAccessLog(settings, off ? { target: "off" } : {})),
  }),
  honouredKey({
    name: "disable-http-access-log",
    group: "Logs",
    type: "bool",
    fallback: "false",
    doc: "No access log of HTTP.",
    apply: boolSetting((off, settings) => withAccessLog(settings, off ? { target: "off" } : {})),
  }),
  honouredKey({
    name: "enable-access-log-for-default-backend",
    group: "Logs",
    type: "bool",
    fallback: "false",
    doc: "Also logs requests that no rule matches.",
    apply: boolSetting((defaultBackend, settings) => withAccessLog(settings, { defaultBackend })),
  }),
  honouredKey({
    name: "skip-access-log-urls",
    group: "Logs",
    type: "list",
    fallback: "",
    doc: "Targets, with their query, that are not logged; `~` and `~*` begin a regex.",
    apply: applyLogSkips,
  }),
];

export const OBSERVING_KEYS: readonly ConfigKey[] = [
  ...ACCESS_LOG,
  ...ERROR_LOG,
  ...unhonouredKeys({ group: "Logs" }, [
    ["log-format-stream", "text", "nginx's stream format", "Format of the TCP and UDP log."],
    ["disable-stream-access-log", "bool", "false", "No access log of TCP and UDP."],
    ["stream-access-log-path", "text", "", "File of the TCP and UDP log."],
    ["enable-auth-access-log", "bool", "false", "Logs questions to the authentication service."],
    ["enable-syslog", "bool", "false", "Logs to syslog."],
    ["syslog-host", "text", "", "Address of syslog."],
    ["syslog-port", "int", "514", "Port of syslog."],
  ]),
  ...unhonouredKeys(
    {
      group: "Logs",
      status: { kind: "accepted", why: "the error log goes to standard error, as in nginx's image; no file is opened" },
    },
    [["error-log-path", "text", "/var/log/nginx/error.log", "File of the error log."]],
  ),
  ...unhonouredKeys({ group: "Logs", status: { kind: "accepted", why: "there is no nginx behind it" } }, [
    ["access-log-params", "text", "", "nginx's parameters of the access log."],
    ["debug-connections", "list", "", "Clients that nginx logs in detail."],
  ]),
  ...unhonouredKeys({ group: "Telemetry" }, [
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
  ...unhonouredKeys({ group: "Telemetry", status: { kind: "accepted", why: "it configures a module of nginx" } }, [
    ["opentelemetry-config", "text", "/etc/ingress-controller/telemetry/opentelemetry.toml", "File of the module."],
  ]),
  ...unhonouredKeys(
    { group: "Telemetry", status: { kind: "accepted", why: "ingress-nginx documents it but no longer reads it" } },
    JAEGER.map((name) => [`jaeger-${name}`, "text", "", "Tracing with Jaeger."] as const),
  ),
];
