import { unsupportedKeys } from "../entries/config-key.ts";
import { isFalse, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** Answers every request with a redirect. */
export const REDIRECT = unbuilt(
  unsupported({ group: "TLS and redirects" }, [
    ["permanent-redirect", "medium", "URL", "unset", "Answers every request with a redirect to this URL."],
    ["permanent-redirect-code", "low", "int", "301", "Status of `permanent-redirect`."],
    ["temporal-redirect", "medium", "URL", "unset", "As `permanent-redirect`, with 302; wins over it."],
    ["temporal-redirect-code", "low", "int", "302", "Status of `temporal-redirect`."],
    ["relative-redirects", "low", "bool", "ConfigMap `relative-redirects`", "Redirects without scheme and host."],
    ["use-port-in-redirects", "low", "bool", "ConfigMap `use-port-in-redirects`", "Redirects name the port.", isFalse],
  ]),
  unsupportedKeys({ group: "Proxying, timeouts, retries" }, [
    ["use-port-in-redirects", "bool", "false", "Redirects name the port."],
  ]),
);
