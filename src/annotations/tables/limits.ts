import type { AnnotationEntry, Reader } from "../entry.ts";
import { honoured, isWord, unhonoured } from "../entry-builders.ts";
import { parseGoInt } from "../../lib/go-values.ts";
import type { PolicyDraft } from "../policy-draft.ts";
import { custom, exact, trimmedLines } from "../readers.ts";
import { notice, unusable } from "../remark.ts";
import { parseCidrList, parseIntAtLeast } from "../value-parsers.ts";

const group = "Rate limits";
const protects = "rate";

export const LIMITS: readonly AnnotationEntry[] = [
  honoured({
    name: "limit-rps",
    group,
    protects,
    risk: "low",
    value: "int",
    fallback: "0, no limit",
    doc: "Requests per second and client address: leaky bucket, burst as `limit-burst-multiplier` says, 503 above it.",
    reader: limit((limits, value) => {
      limits.rps = value;
    }),
  }),
  honoured({
    name: "limit-rpm",
    group,
    protects,
    risk: "low",
    value: "int",
    fallback: "0, no limit",
    doc: "Requests per minute and client address. Where `limit-rps` is set too, both must let a request pass.",
    reader: limit((limits, value) => {
      limits.rpm = value;
    }),
  }),
  honoured({
    name: "limit-connections",
    group,
    protects,
    risk: "low",
    value: "int",
    fallback: "0, no limit",
    doc: "Requests in flight per client address; every HTTP/2 stream counts, idle connections do not.",
    reader: limit((limits, value) => {
      limits.connections = value;
    }),
  }),
  honoured({
    name: "limit-burst-multiplier",
    group,
    risk: "low",
    value: "int",
    fallback: "5",
    status: { kind: "differs", how: "0 means no burst; nginx refuses it and keeps its old configuration" },
    doc: "Burst is the limit of `limit-rps` or `limit-rpm` times this.",
    reader: exact(parseIntAtLeast(0), (draft, value) => {
      draft.limits.burstMultiplier = value;
    }),
  }),
  honoured({
    name: "limit-allowlist",
    aliases: ["limit-whitelist"],
    group,
    protects,
    risk: "low",
    value: "comma list of addresses and CIDRs",
    fallback: "none",
    doc: "Clients that no limit counts.",
    reader: trimmedLines(parseCidrList, (draft, value) => {
      draft.limits.allowlist = value;
    }),
  }),
  ...unhonoured({ group }, [
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
];

/** A limit below zero is off in ingress-nginx, without a word. */
function limit(write: (limits: PolicyDraft["limits"], value: number) => void): Reader {
  return custom("exact", (text, draft) => {
    const parsed = parseGoInt(text);
    if (!parsed.ok) return unusable(parsed.error);
    write(draft.limits, Math.max(0, parsed.value));
    return parsed.value < 0 ? notice("a limit below zero is no limit; write 0 or remove the annotation") : null;
  });
}
