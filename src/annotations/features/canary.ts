import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { CanaryHeader } from "../../model/forward.ts";
import { parsePattern } from "../../patterns/patterns.ts";
import type { Parsed } from "../entries/entry.ts";
import { Fields } from "../entries/feature.ts";
import { closesRoute, notice } from "../entries/finding.ts";
import {
  parseBool,
  parseCookieName,
  parseHeaderName,
  parseIntAtLeast,
  parseWord,
  words,
} from "../entries/value-parsers.ts";

type AffinityBehavior = "sticky" | "legacy";

interface CanaryFields {
  enabled: boolean;
  header: string | null;
  headerValue: string | null;
  headerPattern: string | null;
  cookie: string | null;
  weight: number;
  weightTotal: number;
  affinityBehavior: AffinityBehavior;
}

/** Not null: the Ingress is an alternative backend, not a server of its own. */
interface CanaryPolicy {
  readonly header: CanaryHeader | null;
  readonly cookie: string | null;
  /** 0…weightTotal. */
  readonly weight: number;
  /** At least 100. */
  readonly weightTotal: number;
  /** Whether it takes over the affinity of its main Ingress. */
  readonly affinityBehavior: AffinityBehavior;
}

const needs = { text: 'canary: "true"', met: ({ enabled }: CanaryFields) => enabled };
const shared = { group: "Canary", scope: "upstream" } as const;
const MIN_TOTAL = 100;

const canary = new Fields<CanaryFields>({ ...shared, needs }, () => ({
  enabled: false,
  header: null,
  headerValue: null,
  headerPattern: null,
  cookie: null,
  weight: 0,
  weightTotal: MIN_TOTAL,
  affinityBehavior: "sticky",
}));

/** What makes an Ingress a canary, and which requests it takes; null: it is none. */
export const CANARY = canary.feature({
  entries: [
    canary.number("enabled", parseEnabled, {
      name: "canary",
      risk: "low",
      value: "bool",
      fallback: "false",
      needs: null,
      doc: "Makes the Ingress an alternative backend of the Ingress with the same host, path and path type. Its other annotations are ignored, except `load-balance` and affinity.",
    }),
    canary.field("header", parseHeaderName, {
      name: "canary-by-header",
      risk: "medium",
      value: "header name",
      fallback: "unset",
      doc: "Header value `always` takes the canary, `never` the main service; anything else is decided by cookie, then weight.",
    }),
    canary.field("headerValue", anyText, {
      name: "canary-by-header-value",
      risk: "medium",
      value: "text",
      fallback: "unset",
      doc: "Replaces `always` and `never`: a header with exactly this value takes the canary, any other is decided by cookie, then weight.",
    }),
    canary.field("headerPattern", parseHeaderPattern, {
      name: "canary-by-header-pattern",
      risk: "medium",
      value: "regex",
      fallback: "unset",
      status: { kind: "differs", how: "RE2 syntax: no look-around and no back-references" },
      doc: "As `canary-by-header-value`, with a regex that may match anywhere; ignored where a value is set. Requests with the header go to the main service while the regex is broken.",
    }),
    canary.field("cookie", parseCookieName, {
      name: "canary-by-cookie",
      risk: "medium",
      value: "cookie name",
      fallback: "unset",
      doc: "Cookie value `always` takes the canary, `never` the main service, anything else is decided by weight.",
    }),
    canary.number("weight", parseIntAtLeast(0), {
      name: "canary-weight",
      risk: "low",
      value: "int",
      fallback: "0",
      doc: "Share of requests that take the canary, out of `canary-weight-total`.",
    }),
    canary.number("weightTotal", parseTotal, {
      name: "canary-weight-total",
      risk: "low",
      value: "int above 100",
      fallback: "100",
      doc: "What `canary-weight` is a share of. Less than 100 counts as 100, as in ingress-nginx.",
    }),
    canary.field("affinityBehavior", parseWord(words("sticky", "legacy")), {
      name: "affinity-canary-behavior",
      group: "Session affinity",
      risk: "low",
      value: "`sticky`, `legacy`",
      fallback: "`sticky`",
      doc: "On a canary: `sticky` copies the affinity of the main Ingress.",
    }),
  ],
  policy: canaryPolicy,
});

function canaryPolicy(fields: CanaryFields): CanaryPolicy | null {
  if (!fields.enabled) return null;
  const { cookie, weight, weightTotal, affinityBehavior } = fields;
  return { header: headerOf(fields), cookie, weight: Math.min(weight, weightTotal), weightTotal, affinityBehavior };
}

/** A value wins over a pattern, and each replaces the words `always` and `never`. */
function headerOf({ header: name, headerValue, headerPattern }: CanaryFields): CanaryHeader | null {
  if (name === null) return null;
  if (headerValue !== null) return { kind: "value", name, value: headerValue };
  if (headerPattern !== null) return { kind: "pattern", name, pattern: headerPattern };
  return { kind: "always-never", name };
}

/** As a main Ingress it would take the paths whose canary it was to be, past their access control: so a bad value closes them. */
function parseEnabled(text: string): Parsed<boolean> {
  const parsed = parseBool(text);
  return parsed.ok ? parsed : err(closesRoute(`${parsed.error}; the routes answer 503 until it is corrected`));
}

function parseTotal(text: string): Parsed<number> {
  const total = parseIntAtLeast(1)(text);
  if (!total.ok || total.value >= MIN_TOTAL) return total;
  return { ok: true, value: MIN_TOTAL, finding: TOO_SMALL };
}

const TOO_SMALL = notice("a total below 100 counts as 100; write weights as a share of 100");

/**
 * A pattern that cannot be used stays in the policy all the same: as in ingress-nginx, requests that carry the header then
 * go to the main service, without a look at cookie and weight.
 */
function parseHeaderPattern(text: string): Parsed<string> {
  const parsed = parsePattern(text, "match-case");
  if (parsed.ok) return ok(text);
  const message = `expected a regex in RE2 syntax of bounded size (${printable(parsed.error.message)}); requests with the header go to the main service`;
  return { ok: true, value: text, finding: { severity: "error", message, effect: "ignored" } };
}

/** Compared only, never written into anything. */
function anyText(text: string): Result<string> {
  return ok(text);
}
