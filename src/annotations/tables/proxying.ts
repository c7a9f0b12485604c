import type { AnnotationEntry } from "../entry.ts";
import { honoured, isFalse, isWord, unhonoured } from "../entry-builders.ts";
import { exact, trimmed } from "../readers.ts";
import { HEAD_SIZE_STATUS } from "../head-size-status.ts";
import { parseRetryWords } from "../retry-words.ts";
import { parseSeconds, parseSecondsOrNone, parseHeadSize, parseSize, parseTries } from "../value-parsers.ts";

const group = "Proxying";

export const PROXYING: readonly AnnotationEntry[] = [
  honoured({
    name: "proxy-connect-timeout",
    group,
    risk: "low",
    value: "seconds",
    fallback: "ConfigMap, 5",
    doc: "Longest wait for a connection to an endpoint; 504 after the last attempt.",
    reader: exact(parseSeconds, (draft, value) => {
      draft.timeouts.connectMs = value;
    }),
  }),
  honoured({
    name: "proxy-send-timeout",
    group,
    risk: "low",
    value: "seconds",
    fallback: "ConfigMap, 60",
    doc: "Longest gap between two writes to the endpoint.",
    reader: exact(parseSeconds, (draft, value) => {
      draft.timeouts.sendMs = value;
    }),
  }),
  honoured({
    name: "proxy-read-timeout",
    group,
    risk: "low",
    value: "seconds",
    fallback: "ConfigMap, 60",
    doc: "Longest gap between two reads from the endpoint; also how long a WebSocket may be idle.",
    reader: exact(parseSeconds, (draft, value) => {
      draft.timeouts.readMs = value;
    }),
  }),
  honoured({
    name: "proxy-body-size",
    group,
    risk: "medium",
    value: "size",
    fallback: "ConfigMap, `1m`",
    doc: "Largest request body, 413 above it; `0` is unlimited.",
    reader: trimmed(parseSize, (draft, value) => {
      draft.bodyLimitBytes = value;
    }),
  }),
  honoured({
    name: "proxy-buffer-size",
    group,
    risk: "low",
    value: "size",
    fallback: "ConfigMap, `4k`",
    status: HEAD_SIZE_STATUS,
    doc: "Largest head of a response; 502 above it.",
    reader: trimmed(parseHeadSize, (draft, value) => {
      draft.responseHeadBytes = value;
    }),
  }),
  honoured({
    name: "proxy-next-upstream",
    group,
    risk: "medium",
    value: "words of nginx",
    fallback: "ConfigMap, `error timeout`",
    doc: "What makes a request try again. Requests that are not idempotent only do with `non_idempotent`, once sent.",
    reader: trimmed(parseRetryWords, (draft, value) => {
      Object.assign(draft.retry, value, { nonIdempotent: value.nonIdempotent || draft.settings.retryNonIdempotent });
    }),
  }),
  honoured({
    name: "proxy-next-upstream-timeout",
    group,
    risk: "low",
    value: "seconds",
    fallback: "ConfigMap, 0",
    doc: "No further attempt after this time; 0 is no limit.",
    reader: exact(parseSecondsOrNone, (draft, value) => {
      draft.retry.timeoutMs = value;
    }),
  }),
  honoured({
    name: "proxy-next-upstream-tries",
    group,
    risk: "low",
    value: "int",
    fallback: "ConfigMap, 3",
    status: {
      kind: "differs",
      how: "never more than 20 attempts, also where 0 asks for no limit; what an endpoint may have worked on is repeated once at most, at another one",
    },
    doc: "Attempts in all, the first included.",
    reader: exact(parseTries, (draft, value) => {
      draft.retry.tries = value;
    }),
  }),
  ...unhonoured(
    {
      group,
      status: { kind: "accepted", why: "bodies are streamed both ways, in bounded memory and never through a file" },
    },
    [
      ["client-body-buffer-size", "low", "size", "`8k`", "Memory for a body before it goes to a file."],
      [
        "proxy-request-buffering",
        "low",
        "`on`, `off`",
        "`on`",
        "Reads the whole body before asking the endpoint.",
        isWord("off"),
      ],
      ["proxy-buffering", "low", "`on`, `off`", "`off`", "Reads the response ahead of the client.", isWord("off")],
      ["proxy-buffers-number", "low", "int", "4", "Buffers of a response."],
      ["proxy-busy-buffers-size", "low", "size", "unset", "Buffers that may be busy with sending."],
      ["proxy-max-temp-file-size", "low", "size", "`1024m`", "File that a response may fill."],
    ],
  ),
  ...unhonoured({ group }, [
    ["proxy-http-version", "low", "`1.0`, `1.1`", "`1.1`", "Version spoken to the endpoints.", isWord("1.1")],
    [
      "proxy-redirect-from",
      "medium",
      "URL, `off`, `default`",
      "`off`",
      "Prefix of Location headers that is replaced.",
      isWord("off", "default"),
    ],
    ["proxy-redirect-to", "medium", "URL", "`off`", "What replaces it.", isWord("off")],
    [
      "proxy-cookie-domain",
      "medium",
      "`off` or `from to`",
      "`off`",
      "Rewrites the Domain of the endpoint's cookies.",
      isWord("off"),
    ],
    [
      "proxy-cookie-path",
      "medium",
      "`off` or `from to`",
      "`off`",
      "Rewrites the Path of the endpoint's cookies.",
      isWord("off"),
    ],
    ["custom-headers", "medium", "`namespace/name` of a ConfigMap", "none", "Response headers."],
    [
      "connection-proxy-header",
      "low",
      "`close`, `keep-alive`",
      "as needed",
      "Connection header sent upstream.",
      isWord("keep-alive"),
    ],
    [
      "custom-http-errors",
      "low",
      "comma list of statuses",
      "ConfigMap",
      "Statuses whose bodies come from the default backend.",
    ],
    [
      "default-backend",
      "low",
      "Service name",
      "the controller's",
      "Service for error bodies, and where the path's own has no endpoints.",
    ],
    ["disable-proxy-intercept-errors", "low", "bool", "false", "Keeps error bodies of the endpoints.", isFalse],
    ["fastcgi-index", "medium", "file name", "unset", "Index file of FastCGI."],
    ["fastcgi-params-configmap", "medium", "`[namespace/]name`", "unset", "Parameters of FastCGI."],
  ]),
];
