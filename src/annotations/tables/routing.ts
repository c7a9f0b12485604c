import type { AnnotationEntry } from "../entry.ts";
import { honoured } from "../entry-builders.ts";
import { custom, exact, trimmed } from "../readers.ts";
import {
  parseAppRoot,
  parseBool,
  parseList,
  parsePathTemplate,
  parseRewriteTarget,
  parseVhost,
} from "../value-parsers.ts";
import { backendProtocolReader } from "./backend-protocol.ts";

const group = "Routing and rewrite";

export const ROUTING: readonly AnnotationEntry[] = [
  honoured({
    name: "rewrite-target",
    group,
    scope: "host",
    risk: "medium",
    value: "path with `$1`…`$9`",
    fallback: "unset",
    status: {
      kind: "differs",
      how: "only capture groups are expanded, not nginx variables; an absolute URL is refused instead of becoming a redirect",
    },
    doc: "Replaces the whole path, not only the matched part; the query is kept. A target that differs from the rule's path turns every path of the host into a case-insensitive regex.",
    reader: trimmed(parseRewriteTarget, (draft, value) => {
      draft.rewriteTarget = value;
    }),
  }),
  honoured({
    name: "use-regex",
    group,
    scope: "host",
    risk: "low",
    value: "bool",
    fallback: "false",
    status: {
      kind: "differs",
      how: "RE2 syntax, and negative look-aheads behind text of a fixed length, such as `/((?!admin|static).*)`; other look-around and back-references close the route",
    },
    doc: "Every path of the host is a case-insensitive regex, anchored only at its start.",
    reader: exact(parseBool, (draft, value) => {
      draft.useRegex = value;
    }),
  }),
  honoured({
    name: "app-root",
    group,
    scope: "host",
    risk: "medium",
    value: "absolute path",
    fallback: "unset",
    status: { kind: "differs", how: "nginx variables are refused" },
    doc: "A request for exactly `/` is answered with 302 to this path, before anything else is looked at.",
    reader: trimmed(parseAppRoot, (draft, value) => {
      draft.appRoot = value;
    }),
  }),
  honoured({
    name: "upstream-vhost",
    group,
    risk: "low",
    value: "host name, optional port",
    fallback: "the client's host",
    status: { kind: "differs", how: "nginx variables are refused, the client's host is sent instead" },
    doc: "Host header sent upstream. X-Forwarded-Host keeps the client's.",
    reader: trimmed(parseVhost, (draft, value) => {
      draft.upstreamVhost = value;
    }),
  }),
  honoured({
    name: "x-forwarded-prefix",
    group,
    risk: "medium",
    value: "path with `$1`…`$9`",
    fallback: "unset",
    doc: "Sent upstream as X-Forwarded-Prefix while a rewrite is active.",
    needs: { text: "rewrite-target", met: (draft) => draft.rewriteTarget !== null },
    reader: trimmed(parsePathTemplate, (draft, value) => {
      draft.forwardedPrefix = value;
    }),
  }),
  honoured({
    name: "service-upstream",
    group,
    scope: "upstream",
    risk: "low",
    value: "bool",
    fallback: "ConfigMap `service-upstream`",
    doc: "The Service's cluster address is the only endpoint: Kubernetes balances, retries meet the same address.",
    reader: exact(parseBool, (draft, value) => {
      draft.serviceUpstream = value;
    }),
  }),
  honoured({
    name: "backend-protocol",
    group,
    risk: "low",
    value: "`HTTP`, `HTTPS`, `GRPC`, `GRPCS`, `AUTO_HTTP`",
    fallback: "`HTTP`",
    status: {
      kind: "differs",
      how: "`FCGI` closes the routes with 503",
    },
    doc: "Protocol spoken to the endpoints. `GRPC` and `GRPCS` are HTTP/2 without and with TLS; `AUTO_HTTP` uses TLS where the client does. TLS neither verifies the endpoint nor sends a server name.",
    reader: backendProtocolReader,
  }),
  honoured({
    name: "server-alias",
    group,
    scope: "host",
    risk: "high",
    value: "comma list of host names",
    fallback: "none",
    status: {
      kind: "differs",
      how: "the names are not served yet: unless an Ingress has rules for them, their requests are answered 503, and not by another host; regular expressions are not read",
    },
    doc: "Further names for the hosts of the rules.",
    reader: custom("trimmed", (value, draft) => {
      draft.aliases = parseList(value);
      const message =
        "not supported yet: requests for these names are answered 503 unless an Ingress has rules for them";
      return { severity: "warning", message, effect: "not-served" };
    }),
  }),
];
