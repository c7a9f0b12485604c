import { unsupportedKeys } from "../entries/config-key.ts";
import { isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** How connections to endpoints are made and kept. */
export const UPSTREAM_CONNECTION = unbuilt(
  unsupported({ group: "Proxying" }, [
    ["proxy-http-version", "low", "`1.0`, `1.1`", "`1.1`", "Version spoken to the endpoints.", isWord("1.1")],
    [
      "connection-proxy-header",
      "low",
      "`close`, `keep-alive`",
      "as needed",
      "Connection header sent upstream.",
      isWord("keep-alive"),
    ],
  ]),
  unsupportedKeys({ group: "Proxying, timeouts, retries" }, [
    ["proxy-http-version", "text", "1.1", "Version spoken to the endpoints."],
  ]),
);
