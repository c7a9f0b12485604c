import type { AnnotationEntry } from "../entry.ts";
import { honoured, unhonoured } from "../entry-builders.ts";
import { exact, trimmed } from "../readers.ts";
import { parseAppRoot, parseBool, parsePathTemplate, parseRewriteTarget, parseVhost } from "../value-parsers.ts";
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
  ...unhonoured({ group, scope: "host" }, [
    ["server-alias", "high", "comma list of host names", "none", "Further names for the hosts of the rules."],
  ]),
];
