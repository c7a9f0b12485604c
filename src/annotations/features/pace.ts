import { unsupportedKeys } from "../entries/config-key.ts";
import { isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

export const PACE = unbuilt(
  unsupported({ group: "Rate limits" }, [
    [
      "limit-rate",
      "low",
      "int, KiB/s",
      "ConfigMap `limit-rate`",
      "Slows each response down to this rate.",
      isWord("0"),
    ],
    [
      "limit-rate-after",
      "low",
      "int, KiB",
      "ConfigMap `limit-rate-after`",
      "Part of a response before `limit-rate` acts.",
      isWord("0"),
    ],
  ]),
  unsupportedKeys({ group: "Proxying, timeouts, retries" }, [
    ["limit-rate", "int", "0", "KiB per second of a response."],
    ["limit-rate-after", "int", "0", "KiB of a response before `limit-rate` acts."],
  ]),
);
