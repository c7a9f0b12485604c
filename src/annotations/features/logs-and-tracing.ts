import { isFalse, isTrue, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** What is written down of requests. */
export const LOGS_AND_TRACING = unbuilt([
  ...unsupported({ group: "Logs and tracing" }, [
    ["enable-access-log", "low", "bool", "true", "Logs the requests of the Ingress.", isTrue],
    ["enable-opentelemetry", "low", "bool", "ConfigMap", "Traces the requests of the Ingress.", isFalse],
    ["opentelemetry-trust-incoming-span", "low", "bool", "ConfigMap", "Continues the client's trace."],
    ["opentelemetry-operation-name", "medium", "text", "ConfigMap", "Name of the spans."],
  ]),
  ...unsupported({ group: "Logs and tracing", status: { kind: "accepted", why: "there is no nginx to write it" } }, [
    ["enable-rewrite-log", "low", "bool", "false", "nginx's trace of rewrites.", isFalse],
  ]),
  ...unsupported(
    { group: "Logs and tracing", status: { kind: "accepted", why: "browsers and nginx have given up server push" } },
    [["http2-push-preload", "low", "bool", "false", "Pushes what Link headers name.", isFalse]],
  ),
]);
