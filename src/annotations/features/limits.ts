import { parseGoInt } from "../../lib/go-values.ts";
import { err, type Result } from "../../lib/result.ts";
import { at, Keys } from "../entries/config-key.ts";
import type { Parsed } from "../entries/entry.ts";
import { Fields } from "../entries/feature.ts";
import { notice } from "../entries/finding.ts";
import { parseCidrList, parseIntAtLeast } from "../entries/value-parsers.ts";

interface LimitsFields {
  /** Requests per second and client address; 0 is unlimited. */
  rps: number;
  /** Requests per minute and client address; 0 is unlimited. */
  rpm: number;
  /** Requests in flight per client address; 0 is unlimited. */
  connections: number;
  /** Burst is rate × multiplier; 0 allows none. */
  burstMultiplier: number;
  /** Canonical CIDRs that are never counted. */
  allowlist: readonly string[];
}

const limits = new Fields<LimitsFields>({ group: "Rate limits", protects: "rate" }, () => ({
  rps: 0,
  rpm: 0,
  connections: 0,
  // ingress-nginx multiplies a limit by five where `limit-burst-multiplier` is absent.
  burstMultiplier: 5,
  allowlist: [],
}));
const keys = new Keys({ group: "Proxying, timeouts, retries", type: "int" });

/** Requests per time and at once, by client address. */
export const LIMITS = limits.feature({
  entries: [
    limits.number("rps", parseLimit, {
      name: "limit-rps",
      risk: "low",
      value: "int",
      fallback: "0, no limit",
      doc: "Requests per second and client address: leaky bucket, burst as `limit-burst-multiplier` says, 503 above it.",
    }),
    limits.number("rpm", parseLimit, {
      name: "limit-rpm",
      risk: "low",
      value: "int",
      fallback: "0, no limit",
      doc: "Requests per minute and client address. Where `limit-rps` is set too, both must let a request pass.",
    }),
    limits.number("connections", parseLimit, {
      name: "limit-connections",
      risk: "low",
      value: "int",
      fallback: "0, no limit",
      doc: "Requests in flight per client address; every HTTP/2 stream counts, idle connections do not.",
    }),
    limits.number("burstMultiplier", parseIntAtLeast(0), {
      name: "limit-burst-multiplier",
      protects: "nothing",
      risk: "low",
      value: "int",
      fallback: "5",
      status: { kind: "differs", how: "0 means no burst; nginx refuses it and keeps its old configuration" },
      doc: "Burst is the limit of `limit-rps` or `limit-rpm` times this.",
    }),
    limits.lines("allowlist", parseCidrList, {
      name: "limit-allowlist",
      aliases: ["limit-whitelist"],
      risk: "low",
      value: "comma list of addresses and CIDRs",
      fallback: "none",
      doc: "Clients that no limit counts.",
    }),
  ],
  policy: (fields): Readonly<LimitsFields> => fields,
  keys: [
    keys.key(at("dataPlane", "limitReqStatusCode"), parseErrorStatus, {
      name: "limit-req-status-code",
      fallback: "503",
      doc: "Status where a rate limit refuses.",
    }),
    keys.key(at("dataPlane", "limitConnStatusCode"), parseErrorStatus, {
      name: "limit-conn-status-code",
      fallback: "503",
      doc: "Status where `limit-connections` refuses.",
    }),
  ],
});

/** A limit below zero is off in ingress-nginx, without a word. */
export function parseLimit(text: string): Parsed<number> {
  const parsed = parseGoInt(text);
  return !parsed.ok || parsed.value >= 0 ? parsed : { ok: true, value: 0, finding: BELOW_ZERO };
}

const BELOW_ZERO = notice("a limit below zero is no limit; write 0 or remove the annotation");

/** A status that a limit may answer with. */
function parseErrorStatus(text: string): Result<number> {
  const status = parseIntAtLeast(400)(text);
  return status.ok && status.value <= 599 ? status : err("expected a status between 400 and 599");
}
