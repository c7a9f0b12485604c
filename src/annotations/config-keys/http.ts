import { COMPRESSION_KEYS } from "./compression.ts";
import { at, type ConfigKey, Keys, unsupportedKeys } from "../entries/config-key.ts";

const group = "HTTP features";
const keys = new Keys({ group });

/** HTTP to clients. */
export const HTTP_KEYS: readonly ConfigKey[] = [
  keys.bool(at("dataPlane", "useHttp2"), {
    name: "use-http2",
    fallback: "true",
    doc: "HTTP/2, over TLS and with prior knowledge.",
  }),
  keys.int(at("dataPlane", "http2MaxConcurrentStreams"), 1, {
    name: "http2-max-concurrent-streams",
    fallback: "128",
    doc: "Requests at once on one HTTP/2 connection.",
  }),
  keys.int(at("dataPlane", "keepAliveSeconds"), 0, {
    name: "keep-alive",
    fallback: "75",
    doc: "Seconds that an idle client connection is kept; 0 closes after each response.",
  }),
  keys.int(at("dataPlane", "keepAliveRequests"), 1, {
    name: "keep-alive-requests",
    fallback: "1000",
    doc: "Requests over one client connection.",
  }),
  ...COMPRESSION_KEYS,
  ...unsupportedKeys({ group }, [["gzip-disable", "text", "", "Clients that get no compression."]]),
  ...unsupportedKeys({ group, status: { kind: "accepted", why: "nginx itself no longer reads it" } }, [
    ["http2-max-field-size", "text", "", "Largest header field."],
    ["http2-max-header-size", "text", "", "Largest head."],
    ["http2-max-requests", "int", "0", "Requests over one connection."],
  ]),
];
