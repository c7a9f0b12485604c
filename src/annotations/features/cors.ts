import { isFalse, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

export const CORS = unbuilt(
  unsupported({ group: "CORS" }, [
    ["enable-cors", "low", "bool", "false", "Answers preflights and adds CORS headers.", isFalse],
    ["cors-allow-origin", "medium", "comma list of origins", "`*`", "Origins that are let in."],
    ["cors-allow-methods", "medium", "comma list", "`GET, PUT, POST, DELETE, PATCH, OPTIONS`", "Methods allowed."],
    ["cors-allow-headers", "medium", "comma list", "a list of nine", "Request headers allowed."],
    ["cors-expose-headers", "medium", "comma list or `*`", "none", "Response headers that scripts may read."],
    ["cors-allow-credentials", "low", "bool", "true", "Whether cookies may be sent."],
    ["cors-max-age", "low", "seconds", "1728000", "How long browsers may remember a preflight."],
  ]),
);
