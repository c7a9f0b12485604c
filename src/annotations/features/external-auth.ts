import { isFalse, isTrue, isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** A service that decides about every request. */
export const EXTERNAL_AUTH = unbuilt([
  ...unsupported({ group: "External authentication", protects: "access" }, [
    ["auth-url", "high", "URL", "unset", "Service that decides about every request."],
    ["auth-method", "low", "HTTP method", "`GET`", "Method of the question."],
    ["auth-signin", "high", "URL", "unset", "Where a 401 redirects to."],
    [
      "auth-signin-redirect-param",
      "medium",
      "query key",
      "`rd`",
      "Parameter of `auth-signin` that carries the original URL.",
    ],
    [
      "auth-response-headers",
      "medium",
      "comma list of header names",
      "none",
      "Headers copied from the answer to the upstream request.",
    ],
    ["auth-request-redirect", "medium", "URL", "the request's", "Value of X-Auth-Request-Redirect."],
    ["auth-proxy-set-headers", "medium", "`namespace/name` of a ConfigMap", "none", "Headers sent with the question."],
    [
      "auth-always-set-cookie",
      "low",
      "bool",
      "false",
      "Cookies of the answer reach the client whatever the status.",
      isFalse,
    ],
    ["auth-cache-key", "medium", "text with nginx variables", "off", "Key under which answers are cached."],
    ["auth-cache-duration", "medium", "codes and times", "`200 202 401 5m`", "How long answers are cached."],
    ["auth-keepalive", "low", "int", "0", "Connections kept open to the service.", isWord("0")],
    ["auth-keepalive-share-vars", "low", "bool", "false", "Shares variables with the question.", isFalse],
    ["auth-keepalive-requests", "low", "int", "1000", "Requests per kept connection."],
    ["auth-keepalive-timeout", "low", "seconds", "60", "Idle time of kept connections."],
  ]),
  ...unsupported({ group: "External authentication" }, [
    [
      "enable-global-auth",
      "low",
      "bool",
      "true",
      "`false` exempts the Ingress from the ConfigMap's `global-auth-url`.",
      isTrue,
    ],
  ]),
]);
