import { boolSetting, intSetting } from "../config-apply.ts";
import { honouredKey, unhonouredKeys, type ConfigKey } from "../config-key.ts";

const group = "HTTP features";

export const HTTP_KEYS: readonly ConfigKey[] = [
  honouredKey({
    name: "use-http2",
    group,
    type: "bool",
    fallback: "true",
    doc: "HTTP/2, over TLS and with prior knowledge.",
    apply: boolSetting((useHttp2) => ({ useHttp2 })),
  }),
  honouredKey({
    name: "http2-max-concurrent-streams",
    group,
    type: "int",
    fallback: "128",
    doc: "Requests at once on one HTTP/2 connection.",
    apply: intSetting(1, (http2MaxConcurrentStreams) => ({ http2MaxConcurrentStreams })),
  }),
  honouredKey({
    name: "keep-alive",
    group,
    type: "int",
    fallback: "75",
    doc: "Seconds that an idle client connection is kept; 0 closes after each response.",
    apply: intSetting(0, (keepAliveSeconds) => ({ keepAliveSeconds })),
  }),
  honouredKey({
    name: "keep-alive-requests",
    group,
    type: "int",
    fallback: "1000",
    doc: "Requests over one client connection.",
    apply: intSetting(1, (keepAliveRequests) => ({ keepAliveRequests })),
  }),
  ...unhonouredKeys({ group }, [
    ["use-gzip", "bool", "false", "Compresses responses."],
    ["gzip-level", "int", "1", "Effort."],
    ["gzip-min-length", "int", "256", "Smallest response that is compressed."],
    ["gzip-types", "text", "17 types", "Content types."],
    ["gzip-disable", "text", "", "Clients that get no compression."],
    ["enable-brotli", "bool", "false", "Compresses with brotli."],
    ["brotli-level", "int", "4", "Effort."],
    ["brotli-min-length", "int", "20", "Smallest response that is compressed."],
    ["brotli-types", "text", "18 types", "Content types."],
  ]),
  ...unhonouredKeys({ group, status: { kind: "accepted", why: "nginx itself no longer reads it" } }, [
    ["http2-max-field-size", "text", "", "Largest header field."],
    ["http2-max-header-size", "text", "", "Largest head."],
    ["http2-max-requests", "int", "0", "Requests over one connection."],
  ]),
];
