import type { AnnotationEntry } from "../entry.ts";
import { honoured, isFalse, isTrue, unhonoured } from "../entry-builders.ts";
import { exact } from "../readers.ts";
import { parseBool } from "../value-parsers.ts";

const group = "TLS and redirects";

export const REDIRECTS: readonly AnnotationEntry[] = [
  honoured({
    name: "ssl-redirect",
    group,
    risk: "low",
    value: "bool",
    fallback: "ConfigMap `ssl-redirect`",
    doc: "Redirects http to https where a certificate is mapped to the host.",
    reader: exact(parseBool, (draft, value) => {
      draft.sslRedirect = value;
    }),
  }),
  honoured({
    name: "force-ssl-redirect",
    group,
    risk: "medium",
    value: "bool",
    fallback: "ConfigMap `force-ssl-redirect`",
    doc: "Redirects http to https, certificate or not.",
    reader: exact(parseBool, (draft, value) => {
      draft.forceSslRedirect = value;
    }),
  }),
  honoured({
    name: "preserve-trailing-slash",
    group,
    risk: "medium",
    value: "bool",
    fallback: "ConfigMap `preserve-trailing-slash`",
    doc: "Keeps the last slash of the request target in the redirect to https.",
    reader: exact(parseBool, (draft, value) => {
      draft.preserveTrailingSlash = value;
    }),
  }),
  ...unhonoured({ group }, [
    ["permanent-redirect", "medium", "URL", "unset", "Answers every request with a redirect to this URL."],
    ["permanent-redirect-code", "low", "int", "301", "Status of `permanent-redirect`."],
    ["temporal-redirect", "medium", "URL", "unset", "As `permanent-redirect`, with 302; wins over it."],
    ["temporal-redirect-code", "low", "int", "302", "Status of `temporal-redirect`."],
    ["relative-redirects", "low", "bool", "ConfigMap `relative-redirects`", "Redirects without scheme and host."],
    ["use-port-in-redirects", "low", "bool", "ConfigMap `use-port-in-redirects`", "Redirects name the port.", isFalse],
  ]),
  ...unhonoured({ group, scope: "host" }, [
    [
      "from-to-www-redirect",
      "low",
      "bool",
      "false",
      "Redirects from the name with `www.` to the one without, or back.",
      isFalse,
    ],
    ["ssl-passthrough", "low", "bool", "false", "Hands the TLS connection to the service undecrypted.", isFalse],
    ["ssl-ciphers", "low", "OpenSSL cipher list", "the controller's", "Ciphers of TLS 1.2 for the host."],
    ["ssl-prefer-server-ciphers", "low", "bool", "true", "The server's order of ciphers wins.", isTrue],
  ]),
];
