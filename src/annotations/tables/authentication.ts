import type { AnnotationEntry } from "../entry.ts";
import { letsEveryoneIn } from "../value-parsers.ts";
import { isFalse, isTrue, isWord, unhonoured } from "../entry-builders.ts";

const protects = "access";

export const AUTHENTICATION: readonly AnnotationEntry[] = [
  ...unhonoured({ group: "Basic authentication", protects }, [
    ["auth-type", "low", "`basic`, `digest`", "off", "Asks for user and password."],
    ["auth-secret", "medium", "`[namespace/]name`", "none", "Secret with the users."],
    ["auth-secret-type", "low", "`auth-file`, `auth-map`", "`auth-file`", "Form of the Secret."],
    ["auth-realm", "medium", "text", "empty", "Realm told to the client."],
  ]),
  ...unhonoured({ group: "External authentication", protects }, [
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
  ...unhonoured({ group: "External authentication" }, [
    [
      "enable-global-auth",
      "low",
      "bool",
      "true",
      "`false` exempts the Ingress from the ConfigMap's `global-auth-url`.",
      isTrue,
    ],
  ]),
  ...unhonoured({ group: "Client certificates", protects, scope: "host" }, [
    [
      "auth-tls-secret",
      "medium",
      "`namespace/name`",
      "unset",
      "Secret with the authority that client certificates must come from.",
    ],
    [
      "auth-tls-verify-client",
      "medium",
      "`on`, `off`, `optional`, `optional_no_ca`",
      "`on`",
      "Whether a certificate is needed.",
      isWord("off"),
    ],
    ["auth-tls-verify-depth", "low", "int", "1", "Intermediate certificates allowed."],
    ["auth-tls-error-page", "high", "URL", "unset", "Where a bad certificate redirects to."],
    ["auth-tls-pass-certificate-to-upstream", "low", "bool", "false", "Sends the certificate upstream.", isFalse],
    ["auth-tls-match-cn", "high", "`CN=` and a regex", "unset", "Subjects that may pass."],
  ]),
  ...unhonoured({ group: "Access", protects }, [
    ["satisfy", "low", "`any`, `all`", "`all`", "Whether one granted check is enough.", isWord("all")],
    [
      "denylist-source-range",
      "medium",
      "comma list of CIDRs",
      "ConfigMap `denylist-source-range`",
      "Clients that get 403.",
    ],
  ]),
  ...unhonoured({ group: "Access", protects, aliases: ["whitelist-source-range"] }, [
    [
      "allowlist-source-range",
      "medium",
      "comma list of CIDRs",
      "ConfigMap `whitelist-source-range`",
      "The only clients that do not get 403. A list of all, such as `0.0.0.0/0,::/0`, restricts nothing.",
      letsEveryoneIn,
    ],
  ]),
];
