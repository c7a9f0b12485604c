import { isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";
import { letsEveryoneIn } from "../entries/value-parsers.ts";

/** Which clients may come, by address, and whether one granted check is enough. */
export const ACCESS = unbuilt([
  ...unsupported({ group: "Access", protects: "access" }, [
    ["satisfy", "low", "`any`, `all`", "`all`", "Whether one granted check is enough.", isWord("all")],
    [
      "denylist-source-range",
      "medium",
      "comma list of CIDRs",
      "ConfigMap `denylist-source-range`",
      "Clients that get 403.",
    ],
  ]),
  ...unsupported({ group: "Access", protects: "access", aliases: ["whitelist-source-range"] }, [
    [
      "allowlist-source-range",
      "medium",
      "comma list of CIDRs",
      "ConfigMap `whitelist-source-range`",
      "The only clients that do not get 403. A list of all, such as `0.0.0.0/0,::/0`, restricts nothing.",
      letsEveryoneIn,
    ],
  ]),
]);
