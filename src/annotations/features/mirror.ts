import { isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** Copies of requests for another service. */
export const MIRROR = unbuilt(
  unsupported({ group: "Mirror" }, [
    ["mirror-target", "high", "URL", "unset", "Gets a copy of every request."],
    ["mirror-request-body", "low", "`on`, `off`", "`on`", "Copies the body too.", isWord("on")],
    ["mirror-host", "high", "host name", "host of the target", "Host header of the copy."],
  ]),
);
