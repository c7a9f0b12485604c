import type { SupportStatus } from "../lib/support-status.ts";
import { unsupportedFlags, type FlagInfo } from "./flag-entry.ts";

const INSIDE_NGINX: SupportStatus = { kind: "accepted", why: "there is no nginx behind it" };

/** Flags of ingress-nginx that people carry over: taken, and named once, so that nobody believes in them. */
export const UNSUPPORTED_FLAGS: readonly FlagInfo[] = [
  ...unsupportedFlags({ group: "Configuration" }, [
    ["tcp-services-configmap", "object", "", "ConfigMap with TCP ports."],
    ["udp-services-configmap", "object", "", "ConfigMap with UDP ports."],
    ["certificate-authority", "text", "", "Authority of the API server; the kubeconfig names it."],
  ]),
  ...unsupportedFlags({ group: "Listeners" }, [
    ["enable-ssl-passthrough", "bool", "false", "Allows the annotation ssl-passthrough."],
    ["health-check-timeout", "seconds", "10", "Longest health check."],
  ]),
  ...unsupportedFlags({ group: "Listeners", status: INSIDE_NGINX }, [
    ["default-server-port", "port", "8181", "Port of the built-in 404."],
    ["ssl-passthrough-proxy-port", "port", "442", "Port between two halves of nginx."],
    ["status-port", "port", "10246", "Port of nginx's status."],
    ["stream-port", "port", "10247", "Port of nginx's stream half."],
    ["internal-logger-address", "text", "127.0.0.1:11514", "Log of the chroot image."],
  ]),
  ...unsupportedFlags(
    { group: "Admission", status: { kind: "accepted", why: "configuration is never rendered to text" } },
    [["disable-full-test", "bool", "false", "Renders only the Ingress under test."]],
  ),
  ...unsupportedFlags({ group: "Admission", status: { kind: "refused", why: "annotations are always validated" } }, [
    ["enable-annotation-validation", "bool", "true", "Validates annotations."],
  ]),
  ...unsupportedFlags({ group: "Metrics", status: { kind: "accepted", why: "/metrics is always served" } }, [
    ["enable-metrics", "bool", "false", "Serves /metrics."],
  ]),
  ...unsupportedFlags(
    { group: "Metrics", status: { kind: "accepted", why: "the text format has no native histograms" } },
    [
      ["bucket-factor", "text", "0", "Growth of native buckets."],
      ["max-buckets", "int", "100", "Native buckets."],
    ],
  ),
  ...unsupportedFlags({ group: "Metrics", status: INSIDE_NGINX }, [
    ["monitor-max-batch-size", "int", "10000", "Messages between nginx and the controller."],
  ]),
  ...unsupportedFlags({ group: "Life cycle" }, [
    ["post-shutdown-grace-period", "seconds", "10", "Seconds to wait at the end."],
    ["sync-period", "text", "0s", "Lists everything again."],
    ["enable-topology-aware-routing", "bool", "false", "Prefers endpoints of the same zone."],
  ]),
  ...unsupportedFlags({ group: "Life cycle", status: INSIDE_NGINX }, [
    ["sync-rate-limit", "text", "0.3", "Reloads per second."],
    ["dynamic-configuration-retries", "int", "15", "Attempts to hand endpoints to nginx."],
  ]),
  ...unsupportedFlags(
    {
      group: "Life cycle",
      status: { kind: "refused", why: "certificates are not fetched from addresses in certificates" },
    },
    [["enable-ssl-chain-completion", "bool", "false", "Fetches missing intermediate certificates."]],
  ),
  ...unsupportedFlags({ group: "Countries" }, [
    ["maxmind-mirror", "text", "", "Where to get databases."],
    ["maxmind-license-key", "text", "", "Key for them."],
    ["maxmind-edition-ids", "text", "GeoLite2-City,GeoLite2-ASN", "Which."],
    ["maxmind-retries-count", "int", "1", "Attempts."],
    ["maxmind-retries-timeout", "text", "0s", "Time between them."],
  ]),
  ...unsupportedFlags(
    { group: "klog", silent: true, status: { kind: "accepted", why: "the log goes to standard output" } },
    [
      ["stderrthreshold", "text", "2", "Level that goes to standard error."],
      ["logtostderr", "bool", "true", "Logs to standard error."],
      ["alsologtostderr", "bool", "false", "Also logs to standard error."],
      ["vmodule", "text", "", "Verbosity by file."],
      ["log_backtrace_at", "text", "", "Prints a stack at a line."],
      ["log_dir", "text", "", "Folder of log files."],
      ["log_file", "text", "", "Log file."],
      ["log_file_max_size", "int", "1800", "Its size."],
      ["one_output", "bool", "false", "One file a level."],
      ["skip_headers", "bool", "false", "No headers in lines."],
      ["skip_log_headers", "bool", "false", "No headers in files."],
      ["add_dir_header", "bool", "false", "Folder in headers."],
    ],
  ),
];
