import { nearestName } from "../../lib/nearest-name.ts";
import { printable } from "../../lib/printable.ts";
import type { AnnotationEntry } from "../entries/entry.ts";
import { ANNOTATION_BY_NAME } from "../features/features.ts";
import { closesRoute, type Finding, ignored, notice } from "../entries/finding.ts";
import { findValue, type KeyFinding, type Reading, report, trimLines } from "./reading.ts";

/** Names every key that no reader took. */
export function reviewKey(reading: Reading, key: string): void {
  const { prefix } = reading.context;
  if (!key.startsWith(`${prefix}/`)) {
    const foreign = findForeign(key, prefix);
    if (foreign !== null) report(reading, key, foreign);
    return;
  }
  const name = key.slice(prefix.length + 1);
  const entry = ANNOTATION_BY_NAME.get(name);
  if (entry === undefined) return report(reading, key, findUnknown(name));
  if (entry.reader !== null) return reviewAlias(reading, entry, name);
  const value = trimLines(reading.annotations.get(key) ?? "").trim();
  if (entry.isNoop(value) || (value === "" && entry.protects === "nothing")) return;
  report(reading, key, value === "" ? BLANK_ACCESS_CONTROL : findUnsupported(entry));
}

/** To ingress-nginx blank text is "not set", and what it was meant to protect is open: a list of nobody lets everybody in. */
const BLANK_ACCESS_CONTROL: KeyFinding = {
  reason: "AnnotationParsingFailed",
  finding: closesRoute("blank access control, so the routes answer 503; remove it or give it a value"),
};

function reviewAlias(reading: Reading, entry: AnnotationEntry, name: string): void {
  const used = findValue(reading.own, entry);
  if (used === null || used.name === name || name === entry.name) return;
  const finding = ignored(`old name of ${entry.name}, which is set too and wins; remove it`);
  report(reading, `${reading.context.prefix}/${name}`, { reason: "AnnotationIgnored", finding });
}

const ACCESS_CONTROL_WORDS = /^(auth|allowlist|denylist|whitelist|blacklist|deny|block)/i;

/** For a key of the table without reader whose value asks for something. */
function findUnsupported(entry: AnnotationEntry): KeyFinding {
  const { status } = entry;
  if (status.kind === "accepted") {
    return { reason: "AnnotationIgnored", finding: notice(`no effect: ${status.why}`) };
  }
  if (status.kind === "refused") {
    return { reason: "AnnotationRefused", finding: closesRoute(`refused: ${status.why}`) };
  }
  return { reason: "AnnotationNotSupported", finding: findMissing(entry) };
}

function findMissing(entry: AnnotationEntry): Finding {
  if (entry.protects === "nothing") return ignored("not supported yet, no effect; remove it to silence this");
  return closesRoute(
    "access control that is not supported yet, so the routes answer 503; remove it to serve them without",
  );
}

/** For a key under our prefix that the table does not hold. */
function findUnknown(name: string): KeyFinding {
  if (name.endsWith("-snippet")) {
    return {
      reason: "AnnotationRefused",
      finding: closesRoute("refused: configuration text from an Ingress is never executed; remove it"),
    };
  }
  const advice = removedKeyAdvice(name);
  if (advice !== null) {
    return {
      reason: "AnnotationRemoved",
      finding: ignored(`removed from ingress-nginx long ago, no effect; ${advice}`),
    };
  }
  return { reason: "AnnotationUnknown", finding: findStranger(name) };
}

function findStranger(name: string): Finding {
  const nearest = nearestName(name, ANNOTATION_BY_NAME.keys());
  const hint = nearest === null ? "correct or remove it" : `did you mean ${nearest}?`;
  const meant = nearest === null ? undefined : ANNOTATION_BY_NAME.get(nearest);
  if (ACCESS_CONTROL_WORDS.test(name) || meant?.protects === "access") {
    return closesRoute(`unknown, and it looks like access control, so the routes answer 503; ${hint}`);
  }
  return ignored(`unknown, no effect; ${hint}`);
}

/** Whether what an annotation guards is its whole host, also where other Ingresses serve it. */
export function guardsHost(name: string): boolean {
  const entry =
    ANNOTATION_BY_NAME.get(name) ?? ANNOTATION_BY_NAME.get(nearestName(name, ANNOTATION_BY_NAME.keys()) ?? "");
  if (entry === undefined) return name.startsWith("auth-tls");
  return entry.scope === "host" && entry.protects !== "nothing";
}

const FOREIGN_PREFIXES = ["nginx.org/", "nginx.com/"];
const DEFAULT_PREFIX = "nginx.ingress.kubernetes.io/";

/** For a key that does not stand under our prefix; null where it is none of our business. */
function findForeign(key: string, prefix: string): KeyFinding | null {
  if (FOREIGN_PREFIXES.some((foreign) => key.startsWith(foreign))) {
    return {
      reason: "AnnotationForeign",
      finding: ignored(`belongs to another product, no effect; use ${prefix}/`),
    };
  }
  if (!key.startsWith(DEFAULT_PREFIX)) return null;
  return {
    reason: "AnnotationForeign",
    finding: ignored(`not read, since --annotations-prefix is ${printable(prefix)}; move it to that prefix`),
  };
}

/** Annotations that ingress-nginx itself has given up, and what took their place. */
const REMOVED: ReadonlyMap<string, string> = new Map([
  ["secure-backends", 'use backend-protocol: "HTTPS"'],
  ["grpc-backend", 'use backend-protocol: "GRPC"'],
  ["add-base-url", "let the application write its own base URL"],
  ["base-url-scheme", "let the application write its own base URL"],
  ["session-cookie-hash", "remove it; the cookie's value needs no choice of a hash"],
  ["mirror-uri", "use mirror-target"],
  ["secure-verify-ca-secret", "use proxy-ssl-secret and proxy-ssl-verify"],
  ["enable-opentracing", "use enable-opentelemetry"],
  ["enable-influxdb", "scrape /metrics instead"],
]);

const REMOVED_FAMILIES: readonly (readonly [prefix: string, advice: string])[] = [
  ["influxdb-", "scrape /metrics instead"],
  ["global-rate-limit", "use limit-rps or limit-rpm"],
];

/** The way out for a key that was removed long ago; null for others. */
function removedKeyAdvice(name: string): string | null {
  const advice = REMOVED.get(name);
  if (advice !== undefined) return advice;
  return REMOVED_FAMILIES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? null;
}
