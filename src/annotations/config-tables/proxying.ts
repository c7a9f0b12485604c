import { applyHiddenHeaders, boolSetting, intSetting, parseErrorStatus, setting } from "../config-apply.ts";
import { honouredKey, unhonouredKeys, type ConfigKey } from "../config-key.ts";
import { HEAD_SIZE_STATUS } from "../head-size-status.ts";
import { parseRetryWords } from "../retry-words.ts";
import { parseSeconds, parseSecondsOrNone, parseHeadSize, parseSize, parseTries, parseWord } from "../value-parsers.ts";

const group = "Proxying, timeouts, retries";
const type = "int";

const HONOURED: readonly ConfigKey[] = [
  honouredKey({
    name: "proxy-body-size",
    group,
    type: "text",
    fallback: "1m",
    doc: "Largest request body, 413 above it; `0` is unlimited.",
    apply: setting(parseSize, (bodyLimitBytes) => ({ bodyLimitBytes })),
  }),
  honouredKey({
    name: "proxy-buffer-size",
    group,
    type: "text",
    fallback: "4k",
    status: HEAD_SIZE_STATUS,
    doc: "Largest head of a response; 502 above it.",
    apply: setting(parseHeadSize, (responseHeadBytes) => ({ responseHeadBytes })),
  }),
  honouredKey({
    name: "proxy-connect-timeout",
    group,
    type,
    fallback: "5",
    doc: "Seconds to connect to an endpoint.",
    apply: setting(parseSeconds, (connectMs, { timeouts }) => ({ timeouts: { ...timeouts, connectMs } })),
  }),
  honouredKey({
    name: "proxy-read-timeout",
    group,
    type,
    fallback: "60",
    doc: "Seconds between two reads from an endpoint.",
    apply: setting(parseSeconds, (readMs, { timeouts }) => ({ timeouts: { ...timeouts, readMs } })),
  }),
  honouredKey({
    name: "proxy-send-timeout",
    group,
    type,
    fallback: "60",
    doc: "Seconds between two writes to an endpoint.",
    apply: setting(parseSeconds, (sendMs, { timeouts }) => ({ timeouts: { ...timeouts, sendMs } })),
  }),
  honouredKey({
    name: "proxy-next-upstream",
    group,
    type: "text",
    fallback: "error timeout",
    doc: "What makes a request try again.",
    apply: setting(parseRetryWords, (conditions, { retry }) => ({ retry: { ...retry, ...conditions } })),
  }),
  honouredKey({
    name: "proxy-next-upstream-timeout",
    group,
    type,
    fallback: "0",
    doc: "Seconds after which there is no further attempt; 0 is no limit.",
    apply: setting(parseSecondsOrNone, (timeoutMs, { retry }) => ({ retry: { ...retry, timeoutMs } })),
  }),
  honouredKey({
    name: "proxy-next-upstream-tries",
    group,
    type,
    fallback: "3",
    status: {
      kind: "differs",
      how: "never more than 20 attempts, also where 0 asks for no limit; what an endpoint may have worked on is repeated once at most, at another one",
    },
    doc: "Attempts in all, the first included.",
    apply: setting(parseTries, (tries, { retry }) => ({ retry: { ...retry, tries } })),
  }),
  honouredKey({
    name: "retry-non-idempotent",
    group,
    type: "bool",
    fallback: "false",
    doc: "Also retries POST, LOCK and PATCH that may have been sent.",
    apply: boolSetting((retryNonIdempotent, { retry }) => ({
      retryNonIdempotent,
      retry: { ...retry, nonIdempotent: retry.nonIdempotent || retryNonIdempotent },
    })),
  }),
  honouredKey({
    name: "hide-headers",
    group,
    type: "list",
    fallback: "",
    doc: "Response headers of the endpoints that clients do not get.",
    apply: applyHiddenHeaders,
  }),
  honouredKey({
    name: "client-body-timeout",
    group,
    type,
    fallback: "60",
    doc: "Seconds between two reads of a request body; 408 after it.",
    apply: setting(parseSeconds, (clientBodyTimeoutMs) => ({ clientBodyTimeoutMs })),
  }),
  honouredKey({
    name: "client-header-timeout",
    group,
    type,
    fallback: "60",
    status: { kind: "differs", how: "10 unless set, not 60: a head that takes longer is an attack" },
    doc: "Seconds for a whole request head, from the start of the connection for the first; 408 after it.",
    apply: setting(parseSeconds, (clientHeaderTimeoutMs) => ({ clientHeaderTimeoutMs })),
  }),
  honouredKey({
    name: "service-upstream",
    group,
    type: "bool",
    fallback: "false",
    doc: "Default of the annotation.",
    apply: boolSetting((serviceUpstream) => ({ serviceUpstream })),
  }),
  honouredKey({
    name: "load-balance",
    group,
    type: "text",
    fallback: "round_robin",
    doc: "`round_robin` or `ewma`; default of the annotation.",
    apply: setting(
      parseWord(
        new Map([
          ["round_robin", "round-robin"],
          ["ewma", "ewma"],
        ] as const),
      ),
      (loadBalance) => ({ loadBalance }),
    ),
  }),
  honouredKey({
    name: "limit-req-status-code",
    group,
    type,
    fallback: "503",
    doc: "Status where a rate limit refuses.",
    apply: setting(parseErrorStatus, (limitReqStatusCode) => ({ limitReqStatusCode })),
  }),
  honouredKey({
    name: "limit-conn-status-code",
    group,
    type,
    fallback: "503",
    doc: "Status where `limit-connections` refuses.",
    apply: setting(parseErrorStatus, (limitConnStatusCode) => ({ limitConnStatusCode })),
  }),
  honouredKey({
    name: "upstream-keepalive-connections",
    group,
    type,
    fallback: "320",
    doc: "Idle connections kept to the endpoints; 0 keeps none.",
    apply: intSetting(0, (connections, { upstreamKeepalive }) => ({
      upstreamKeepalive: { ...upstreamKeepalive, connections },
    })),
  }),
  honouredKey({
    name: "upstream-keepalive-timeout",
    group,
    type,
    fallback: "4",
    status: {
      kind: "differs",
      how: "4 unless set, not 60 (60 to HTTP/2): many servers close idle connections after 5, and a request sent just then is lost",
    },
    doc: "Seconds that an idle connection is kept; less where the endpoint announces less.",
    apply: setting(parseSeconds, (timeoutMs, { upstreamKeepalive }) => ({
      upstreamKeepalive: { ...upstreamKeepalive, timeoutMs, http2TimeoutMs: timeoutMs },
    })),
  }),
  honouredKey({
    name: "upstream-keepalive-requests",
    group,
    type,
    fallback: "10000",
    doc: "Requests over one connection to an endpoint.",
    apply: intSetting(1, (requests, { upstreamKeepalive }) => ({
      upstreamKeepalive: { ...upstreamKeepalive, requests },
    })),
  }),
  honouredKey({
    name: "preserve-trailing-slash",
    group,
    type: "bool",
    fallback: "false",
    doc: "Default of the annotation.",
    apply: boolSetting((preserveTrailingSlash) => ({ preserveTrailingSlash })),
  }),
  honouredKey({
    name: "relative-redirects",
    group,
    type: "bool",
    fallback: "false",
    doc: "The redirect that adds a trailing slash names no scheme and host.",
    apply: boolSetting((relativeRedirects) => ({ relativeRedirects })),
  }),
];

const STREAMED = unhonouredKeys(
  {
    group,
    status: { kind: "accepted", why: "bodies are streamed both ways, in bounded memory and never through a file" },
  },
  [
    ["proxy-request-buffering", "text", "on", "Reads the whole body before asking the endpoint."],
    ["proxy-buffering", "text", "off", "Reads the response ahead of the client."],
    ["proxy-buffers-number", "int", "4", "Buffers of a response."],
    ["proxy-busy-buffers-size", "text", "", "Buffers that may be busy with sending."],
    ["proxy-max-temp-file-size", "text", "1024m", "File that a response may fill."],
    ["client-body-buffer-size", "text", "8k", "Memory for a body before it goes to a file."],
    ["client-header-buffer-size", "text", "1k", "First buffer for a request head."],
    ["grpc-buffer-size-kb", "int", "0", "Buffer of gRPC responses."],
  ],
);

const PENDING = unhonouredKeys({ group }, [
  ["proxy-http-version", "text", "1.1", "Version spoken to the endpoints."],
  ["proxy-cookie-domain", "text", "off", "Rewrites the Domain of the endpoints' cookies."],
  ["proxy-cookie-path", "text", "off", "Rewrites the Path of the endpoints' cookies."],
  ["proxy-redirect-from", "text", "off", "Prefix of Location headers that is replaced."],
  ["proxy-redirect-to", "text", "off", "What replaces it."],
  ["proxy-set-headers", "text", "", "ConfigMap with headers for the endpoints."],
  ["add-headers", "text", "", "ConfigMap with headers for every response."],
  ["large-client-header-buffers", "text", "4 8k", "Largest request head."],
  ["custom-http-errors", "list", "", "Statuses whose bodies come from the default backend."],
  ["disable-proxy-intercept-errors", "bool", "false", "Keeps error bodies of the endpoints."],
  ["limit-rate", "int", "0", "KiB per second of a response."],
  ["limit-rate-after", "int", "0", "KiB of a response before `limit-rate` acts."],
  ["limit-conn-zone-variable", "text", "$binary_remote_addr", "Key of all limits."],
  ["allow-backend-server-header", "bool", "false", "Passes the endpoints' Server header."],
  ["server-tokens", "bool", "false", "Sends a Server header."],
  ["upstream-keepalive-time", "text", "1h", "Largest age of a connection to an endpoint."],
  ["use-port-in-redirects", "bool", "false", "Redirects name the port."],
]);

const INTERNAL = unhonouredKeys({ group, status: { kind: "accepted", why: "error bodies name their own type" } }, [
  ["default-type", "text", "text/html", "Type of responses that name none."],
]);

export const PROXYING_KEYS: readonly ConfigKey[] = [...HONOURED, ...STREAMED, ...PENDING, ...INTERNAL];
