import { printable } from "../../lib/printable.ts";
import { err, ok } from "../../lib/result.ts";
import type { Settings } from "../../model/settings.ts";
import { type Apply, at, type ConfigKey, Keys, unsupportedKeys, withChanged, partsOf } from "../entries/config-key.ts";
import { parseHeaderName, parseList, parseSeconds } from "../entries/value-parsers.ts";

const group = "Proxying, timeouts, retries";
const keys = new Keys({ group });

/** Names are kept in lower case. Bad ones are left out: to hide the others is still right. */
const applyHiddenHeaders: Apply = (text, settings) => {
  const items = parseList(text);
  const bad = items.find((item) => !parseHeaderName(item).ok);
  const names = items.filter((item) => parseHeaderName(item).ok).map((item) => item.toLowerCase());
  const next = withChanged(settings, "dataPlane", { hideHeaders: [...new Set(names)] });
  if (bad === undefined) return ok(next);
  return err({
    message: `"${printable(bad)}" is not a header name`,
    settings: next,
    outcome: "only the valid ones are hidden",
  });
};

const SUPPORTED: readonly ConfigKey[] = [
  keys.custom(applyHiddenHeaders, {
    name: "hide-headers",
    type: "list",
    fallback: "",
    doc: "Response headers of the endpoints that clients do not get.",
  }),
  keys.key(at("dataPlane", "clientBodyTimeoutMs"), parseSeconds, {
    name: "client-body-timeout",
    type: "int",
    fallback: "60",
    doc: "Seconds between two reads of a request body; 408 after it.",
  }),
  keys.key(at("dataPlane", "clientHeaderTimeoutMs"), parseSeconds, {
    name: "client-header-timeout",
    type: "int",
    fallback: "60",
    status: { kind: "differs", how: "10 unless set, not 60: a head that takes longer is an attack" },
    doc: "Seconds for a whole request head, from the start of the connection for the first; 408 after it.",
  }),
  keys.int(at("dataPlane", "upstreamKeepalive", "connections"), 0, {
    name: "upstream-keepalive-connections",
    fallback: "320",
    doc: "Idle connections kept to the endpoints; 0 keeps none.",
  }),
  keys.key(setIdleTimeout, parseSeconds, {
    name: "upstream-keepalive-timeout",
    type: "int",
    fallback: "4",
    status: {
      kind: "differs",
      how: "4 unless set, not 60 (60 to HTTP/2): many servers close idle connections after 5, and a request sent just then is lost",
    },
    doc: "Seconds that an idle connection is kept; less where the endpoint announces less.",
  }),
  keys.int(at("dataPlane", "upstreamKeepalive", "requests"), 1, {
    name: "upstream-keepalive-requests",
    fallback: "10000",
    doc: "Requests over one connection to an endpoint.",
  }),
  keys.bool(at("dataPlane", "relativeRedirects"), {
    name: "relative-redirects",
    fallback: "false",
    doc: "The redirect that adds a trailing slash names no scheme and host.",
  }),
];

const PENDING = unsupportedKeys({ group }, [
  ["proxy-set-headers", "text", "", "ConfigMap with headers for the endpoints."],
  ["large-client-header-buffers", "text", "4 8k", "Largest request head."],
  ["limit-conn-zone-variable", "text", "$binary_remote_addr", "Key of all limits."],
  ["allow-backend-server-header", "bool", "false", "Passes the endpoints' Server header."],
  ["server-tokens", "bool", "false", "Sends a Server header."],
  ["upstream-keepalive-time", "text", "1h", "Largest age of a connection to an endpoint."],
]);

const INTERNAL = unsupportedKeys({ group, status: { kind: "accepted", why: "error bodies name their own type" } }, [
  ["default-type", "text", "text/html", "Type of responses that name none."],
]);

/** Requests to endpoints, as far as no annotation says it. */
export const PROXYING_KEYS: readonly ConfigKey[] = [...SUPPORTED, ...PENDING, ...INTERNAL];

/** Connections to HTTP/2 endpoints too. */
function setIdleTimeout(settings: Settings, timeoutMs: number): Settings {
  return partsOf("dataPlane", "upstreamKeepalive")(settings, { timeoutMs, http2TimeoutMs: timeoutMs });
}
