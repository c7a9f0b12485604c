import { unsupportedKeys } from "../entries/config-key.ts";
import { isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** Changes of the endpoints' Location headers. */
export const LOCATION_REWRITES = unbuilt(
  unsupported({ group: "Proxying" }, [
    [
      "proxy-redirect-from",
      "medium",
      "URL, `off`, `default`",
      "`off`",
      "Prefix of Location headers that is replaced.",
      isWord("off", "default"),
    ],
    ["proxy-redirect-to", "medium", "URL", "`off`", "What replaces it.", isWord("off")],
  ]),
  unsupportedKeys({ group: "Proxying, timeouts, retries" }, [
    ["proxy-redirect-from", "text", "off", "Prefix of Location headers that is replaced."],
    ["proxy-redirect-to", "text", "off", "What replaces it."],
  ]),
);
