import { type SupportStatus } from "../../lib/support-status.ts";
import { unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

const SNIPPET: SupportStatus = {
  kind: "refused",
  why: "configuration text from an Ingress is never executed; use custom-headers, permanent-redirect, auth-url or limit-* instead",
};

/** Refused for good. They close the routes: to serve without them would serve something else than was asked for. */
export const SNIPPETS = unbuilt([
  ...unsupported({ group: "Snippets", status: SNIPPET, protects: "access" }, [
    ["configuration-snippet", "critical", "nginx configuration", "none", "Text for the location."],
    ["stream-snippet", "critical", "nginx configuration", "none", "Text for the stream section."],
    ["auth-snippet", "critical", "nginx configuration", "none", "Text for the authentication location."],
    ["modsecurity-snippet", "critical", "ModSecurity configuration", "none", "Rules of the firewall."],
  ]),
  ...unsupported({ group: "Snippets", status: SNIPPET, protects: "access", scope: "host" }, [
    ["server-snippet", "critical", "nginx configuration", "none", "Text for the server."],
  ]),
]);
