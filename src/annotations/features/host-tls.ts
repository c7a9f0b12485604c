import { isFalse, isTrue, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** TLS to clients, and the names of a whole host. */
export const HOST_TLS = unbuilt(
  unsupported({ group: "TLS and redirects", scope: "host" }, [
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
);
