import type { SupportStatus } from "../../lib/support-status.ts";
import type { AnnotationEntry } from "../entry.ts";
import { isFalse, unhonoured } from "../entry-builders.ts";

const protects = "access";
const SNIPPET: SupportStatus = {
  kind: "refused",
  why: "configuration text from an Ingress is never executed; use custom-headers, permanent-redirect, auth-url or limit-* instead",
};
const FIREWALL: SupportStatus = {
  kind: "refused",
  why: "there is no web application firewall inside; put one in front, or ask one through auth-url",
};

/** Refused for good. They close the routes: to serve without them would serve something else than was asked for. */
export const REFUSED: readonly AnnotationEntry[] = [
  ...unhonoured({ group: "Snippets", status: SNIPPET, protects }, [
    ["configuration-snippet", "critical", "nginx configuration", "none", "Text for the location."],
    ["stream-snippet", "critical", "nginx configuration", "none", "Text for the stream section."],
    ["auth-snippet", "critical", "nginx configuration", "none", "Text for the authentication location."],
    ["modsecurity-snippet", "critical", "ModSecurity configuration", "none", "Rules of the firewall."],
  ]),
  ...unhonoured({ group: "Snippets", status: SNIPPET, protects, scope: "host" }, [
    ["server-snippet", "critical", "nginx configuration", "none", "Text for the server."],
  ]),
  ...unhonoured({ group: "Web application firewall", status: FIREWALL, protects }, [
    ["enable-modsecurity", "low", "bool", "false", "Switches the firewall on.", isFalse],
    ["enable-owasp-core-rules", "low", "bool", "false", "Loads the OWASP rules.", isFalse],
    ["modsecurity-transaction-id", "high", "text", "unset", "Transaction id in the firewall's log."],
  ]),
];
