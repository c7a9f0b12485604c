import { unsupportedKeys } from "../entries/config-key.ts";
import { isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** Changes of the endpoints' cookies. */
export const COOKIE_REWRITES = unbuilt(
  unsupported({ group: "Proxying" }, [
    [
      "proxy-cookie-domain",
      "medium",
      "`off` or `from to`",
      "`off`",
      "Rewrites the Domain of the endpoint's cookies.",
      isWord("off"),
    ],
    [
      "proxy-cookie-path",
      "medium",
      "`off` or `from to`",
      "`off`",
      "Rewrites the Path of the endpoint's cookies.",
      isWord("off"),
    ],
  ]),
  unsupportedKeys({ group: "Proxying, timeouts, retries" }, [
    ["proxy-cookie-domain", "text", "off", "Rewrites the Domain of the endpoints' cookies."],
    ["proxy-cookie-path", "text", "off", "Rewrites the Path of the endpoints' cookies."],
  ]),
);
