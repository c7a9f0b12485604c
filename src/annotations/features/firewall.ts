import { type SupportStatus } from "../../lib/support-status.ts";
import { isFalse, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

const NO_FIREWALL: SupportStatus = {
  kind: "refused",
  why: "there is no web application firewall inside; put one in front, or ask one through auth-url",
};

/** Refused for good. They close the routes: to serve without them would serve something else than was asked for. */
export const FIREWALL = unbuilt(
  unsupported({ group: "Web application firewall", status: NO_FIREWALL, protects: "access" }, [
    ["enable-modsecurity", "low", "bool", "false", "Switches the firewall on.", isFalse],
    ["enable-owasp-core-rules", "low", "bool", "false", "Loads the OWASP rules.", isFalse],
    ["modsecurity-transaction-id", "high", "text", "unset", "Transaction id in the firewall's log."],
  ]),
);
