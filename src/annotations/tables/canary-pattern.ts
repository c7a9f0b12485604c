import { printable } from "../../lib/printable.ts";
import { parsePattern } from "../../patterns/patterns.ts";
import type { Reader } from "../entry.ts";
import { custom } from "../readers.ts";

/**
 * A pattern that cannot be used stays in the policy all the same: as in ingress-nginx, requests that carry the header then
 * go to the main service, without a look at cookie and weight.
 */
export const canaryPatternReader: Reader = custom("trimmed", (value, draft) => {
  draft.canaryHeaderPattern = value;
  const parsed = parsePattern(value, "match-case");
  if (parsed.ok) return null;
  const message = `expected a regex in RE2 syntax of bounded size (${printable(parsed.error.message)}); requests with the header go to the main service`;
  return { severity: "error", message, effect: "ignored" };
});
