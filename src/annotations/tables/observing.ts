import type { AnnotationEntry } from "../entry.ts";
import { isFalse, isTrue, isWord, unhonoured } from "../entry-builders.ts";

export const OBSERVING: readonly AnnotationEntry[] = [
  ...unhonoured({ group: "Mirror" }, [
    ["mirror-target", "high", "URL", "unset", "Gets a copy of every request."],
    ["mirror-request-body", "low", "`on`, `off`", "`on`", "Copies the body too.", isWord("on")],
    ["mirror-host", "high", "host name", "host of the target", "Host header of the copy."],
  ]),
  ...unhonoured({ group: "Logs and tracing" }, [
    ["enable-access-log", "low", "bool", "true", "Logs the requests of the Ingress.", isTrue],
    ["enable-opentelemetry", "low", "bool", "ConfigMap", "Traces the requests of the Ingress.", isFalse],
    ["opentelemetry-trust-incoming-span", "low", "bool", "ConfigMap", "Continues the client's trace."],
    ["opentelemetry-operation-name", "medium", "text", "ConfigMap", "Name of the spans."],
  ]),
  ...unhonoured({ group: "Logs and tracing", status: { kind: "accepted", why: "there is no nginx to write it" } }, [
    ["enable-rewrite-log", "low", "bool", "false", "nginx's trace of rewrites.", isFalse],
  ]),
  ...unhonoured(
    { group: "Logs and tracing", status: { kind: "accepted", why: "browsers and nginx have given up server push" } },
    [["http2-push-preload", "low", "bool", "false", "Pushes what Link headers name.", isFalse]],
  ),
];
