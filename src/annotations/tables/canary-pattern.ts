import { RE2JS } from "re2js";
import { printable } from "../../lib/printable.ts";
import type { Reader } from "../entry.ts";
import { custom } from "../readers.ts";

/**
 * A pattern that does not compile stays in the policy all the same: as in ingress-nginx, requests that carry the header then
 * go to the main service, without a look at cookie and weight.
 */
export const canaryPatternReader: Reader = custom("trimmed", (value, draft) => {
  draft.canaryHeaderPattern = value;
  const fault = patternFault(value);
  if (fault === null) return null;
  const message = `expected a regex in RE2 syntax (${printable(fault)}); requests with the header go to the main service`;
  return { severity: "error", message, effect: "ignored" };
});

function patternFault(pattern: string): string | null {
  try {
    RE2JS.compile(pattern);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : "it does not compile";
  }
}
