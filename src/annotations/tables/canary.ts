import type { AnnotationEntry, Need } from "../entry.ts";
import { honoured } from "../entry-builders.ts";
import { custom, exact, trimmed } from "../readers.ts";
import { closes, notice, unusable } from "../remark.ts";
import { ok, type Result } from "../../lib/result.ts";
import { parseBool, parseCookieName, parseHeaderName, parseIntAtLeast } from "../value-parsers.ts";
import { canaryPatternReader } from "./canary-pattern.ts";

const group = "Canary";
const scope = "upstream";
const needs: Need = { text: 'canary: "true"', met: (draft) => draft.canary };
const MIN_TOTAL = 100;
const parseTotal = parseIntAtLeast(1);

/** `canary` stands first: the others ask whether it is set. */
export const CANARY: readonly AnnotationEntry[] = [
  honoured({
    name: "canary",
    group,
    scope,
    risk: "low",
    value: "bool",
    fallback: "false",
    doc: "Makes the Ingress an alternative backend of the Ingress with the same host, path and path type. Its other annotations are ignored, except `load-balance` and affinity.",
    reader: custom("exact", (value, draft) => {
      const parsed = parseBool(value);
      // As a main Ingress it would take the paths whose canary it was to be, past their access control.
      if (!parsed.ok) return closes(`${parsed.error}; the routes answer 503 until it is corrected`);
      draft.canary = parsed.value;
      return null;
    }),
  }),
  honoured({
    name: "canary-by-header",
    group,
    scope,
    risk: "medium",
    value: "header name",
    fallback: "unset",
    needs,
    doc: "Header value `always` takes the canary, `never` the main service; anything else is decided by cookie, then weight.",
    reader: trimmed(parseHeaderName, (draft, value) => {
      draft.canaryHeader = value;
    }),
  }),
  honoured({
    name: "canary-by-header-value",
    group,
    scope,
    risk: "medium",
    value: "text",
    fallback: "unset",
    needs,
    doc: "Replaces `always` and `never`: a header with exactly this value takes the canary, any other is decided by cookie, then weight.",
    reader: trimmed(anyText, (draft, value) => {
      draft.canaryHeaderValue = value;
    }),
  }),
  honoured({
    name: "canary-by-header-pattern",
    group,
    scope,
    risk: "medium",
    value: "regex",
    fallback: "unset",
    needs,
    status: { kind: "differs", how: "RE2 syntax: no look-around and no back-references" },
    doc: "As `canary-by-header-value`, with a regex that may match anywhere; ignored where a value is set. Requests with the header go to the main service while the regex is broken.",
    reader: canaryPatternReader,
  }),
  honoured({
    name: "canary-by-cookie",
    group,
    scope,
    risk: "medium",
    value: "cookie name",
    fallback: "unset",
    needs,
    doc: "Cookie value `always` takes the canary, `never` the main service, anything else is decided by weight.",
    reader: trimmed(parseCookieName, (draft, value) => {
      draft.canaryCookie = value;
    }),
  }),
  honoured({
    name: "canary-weight",
    group,
    scope,
    risk: "low",
    value: "int",
    fallback: "0",
    needs,
    doc: "Share of requests that take the canary, out of `canary-weight-total`.",
    reader: exact(parseIntAtLeast(0), (draft, value) => {
      draft.canaryWeight = value;
    }),
  }),
  honoured({
    name: "canary-weight-total",
    group,
    scope,
    risk: "low",
    value: "int above 100",
    fallback: "100",
    needs,
    doc: "What `canary-weight` is a share of. Less than 100 counts as 100, as in ingress-nginx.",
    reader: custom("exact", (value, draft) => {
      const total = parseTotal(value);
      if (!total.ok) return unusable(total.error);
      draft.canaryWeightTotal = Math.max(MIN_TOTAL, total.value);
      return total.value < MIN_TOTAL
        ? notice("a total below 100 counts as 100; write weights as a share of 100")
        : null;
    }),
  }),
];

/** Compared only, never written into anything. */
function anyText(text: string): Result<string> {
  return ok(text);
}
