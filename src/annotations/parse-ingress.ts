import { printable } from "../lib/printable.ts";
import type { Problem } from "../model/problem.ts";
import type { RouteSettings } from "../model/settings.ts";
import type { SourceRef } from "../model/source.ts";
import type { AnnotationEntry, Reader } from "./entry.ts";
import type { IngressPolicy } from "./ingress-policy.ts";
import { finishDraft, openDraft, type PolicyDraft } from "./policy-draft.ts";
import { closes, notice, toProblem, unusable, type Remark } from "./remark.ts";
import { ANNOTATION_BY_NAME, ANNOTATIONS } from "./table.ts";
import { guardsHost, remarkOnForeign, remarkOnUnhonoured, remarkOnUnknown, type KeyRemark } from "./unhonoured-keys.ts";

export interface IngressContext {
  /** `--annotations-prefix`, without slash. */
  readonly prefix: string;
  readonly source: SourceRef;
  /** Supplies the defaults that the ConfigMap may change. */
  readonly settings: RouteSettings;
}

/**
 * The annotations of one Ingress as a policy. Never throws: a value that cannot be used costs its default, or the whole
 * Ingress where it was meant to protect something (`policy.closed`), and gives exactly one problem that names its key.
 */
export function parseIngressAnnotations(
  annotations: ReadonlyMap<string, string>,
  context: IngressContext,
): { readonly policy: IngressPolicy; readonly problems: readonly Problem[] } {
  const own = ownAnnotations(annotations, context.prefix);
  const reading: Reading = { annotations, own, context, draft: openDraft(context.settings), problems: [] };
  for (const entry of own.size === 0 ? [] : READABLE) readEntry(reading, entry, entry.reader);
  for (const key of annotations.keys()) reviewKey(reading, key);
  reviewRisks(reading);
  for (const word of context.settings.annotationWordBlocklist) reviewWord(reading, word);
  reviewTogether(reading);
  return { policy: finishDraft(reading.draft), problems: reading.problems };
}

const READABLE = ANNOTATIONS.flatMap((entry) => (entry.reader === null ? [] : [{ ...entry, reader: entry.reader }]));
const PARSING_FAILED = "AnnotationParsingFailed";

/** What stands under our prefix, without it: most Ingresses of a large cluster have few or none. */
function ownAnnotations(annotations: ReadonlyMap<string, string>, prefix: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const [key, value] of annotations) {
    if (key.startsWith(`${prefix}/`)) own.set(key.slice(prefix.length + 1), value);
  }
  return own;
}

interface Reading {
  readonly annotations: ReadonlyMap<string, string>;
  readonly own: ReadonlyMap<string, string>;
  readonly context: IngressContext;
  readonly draft: PolicyDraft;
  readonly problems: Problem[];
}

function readEntry(reading: Reading, entry: AnnotationEntry, reader: Reader): void {
  const found = findValue(reading, entry);
  if (found === null) return;
  const text = reader.text === "exact" ? found.value : trimLines(found.value);
  // A blank string is no value to ingress-nginx; a blank number or bool is a wrong one.
  if (text.trim() === "" && reader.text === "trimmed") return;
  if (entry.needs !== null && !entry.needs.met(reading.draft)) {
    const remark: Remark = {
      severity: "warning",
      message: `no effect without ${entry.needs.text}`,
      effect: "ignored",
    };
    report(reading, found.key, { reason: "AnnotationIgnored", remark });
    return;
  }
  const remark = faultOf(text, reader) ?? reader.read(text, reading.draft);
  if (remark === null) return;
  report(reading, found.key, { reason: PARSING_FAILED, remark: priced(remark, entry) });
}

/** Says what an unusable value costs; a remark that says it itself stays as it is. */
function priced(remark: Remark, entry: AnnotationEntry): Remark {
  if (remark.effect !== null) return remark;
  if (entry.protects === "nothing")
    return { ...remark, effect: "ignored", message: `${remark.message}; the default applies` };
  return { ...remark, effect: "closed", message: `${remark.message}; the routes answer 503 until it is corrected` };
}

/** The canonical key's value, or that of an alias where the canonical one is absent or empty. */
function findValue(reading: Reading, entry: AnnotationEntry): { readonly key: string; readonly value: string } | null {
  const { own, context } = reading;
  const keyOf = (name: string): string => `${context.prefix}/${name}`;
  const value = own.get(entry.name);
  if (value !== undefined && (value !== "" || entry.aliases.length === 0)) return { key: keyOf(entry.name), value };
  const alias = entry.aliases.find((name) => (own.get(name) ?? "") !== "");
  return alias === undefined ? null : { key: keyOf(alias), value: own.get(alias) ?? "" };
}

/** ingress-nginx's normalisation of strings. */
function trimLines(value: string): string {
  if (!value.includes("\n")) return value.trim();
  return value
    .split("\n")
    .map((line) => line.trim())
    .join("\n");
}

const MAX_VALUE_LENGTH = 16_384;
const CONTROL = /[\u0000-\u001f\u007f]/;
const CONTROL_BUT_LINE_FEED = /[\u0000-\u0009\u000b-\u001f\u007f]/;

/** No value of ours holds control characters: each may end up in a header. */
function faultOf(text: string, reader: Reader): Remark | null {
  if (text.length > MAX_VALUE_LENGTH) return unusable(`longer than ${MAX_VALUE_LENGTH} characters`);
  if ((reader.lines ? CONTROL_BUT_LINE_FEED : CONTROL).test(text)) {
    return unusable("line breaks and other control characters are not allowed");
  }
  return null;
}

/** Names every key that no reader took. */
function reviewKey(reading: Reading, key: string): void {
  const { prefix } = reading.context;
  if (!key.startsWith(`${prefix}/`)) {
    const foreign = remarkOnForeign(key, prefix);
    if (foreign !== null) report(reading, key, foreign);
    return;
  }
  const name = key.slice(prefix.length + 1);
  const entry = ANNOTATION_BY_NAME.get(name);
  if (entry === undefined) return report(reading, key, remarkOnUnknown(name));
  if (entry.reader !== null) return reviewAlias(reading, entry, name);
  const value = trimLines(reading.annotations.get(key) ?? "").trim();
  if (entry.inert(value) || (value === "" && entry.protects === "nothing")) return;
  report(reading, key, value === "" ? BLANK_ACCESS_CONTROL : remarkOnUnhonoured(entry));
}

/** To ingress-nginx blank text is "not set", and what it was meant to protect is open: a list of nobody lets everybody in. */
const BLANK_ACCESS_CONTROL: KeyRemark = {
  reason: "AnnotationParsingFailed",
  remark: closes("blank access control, so the routes answer 503; remove it or give it a value"),
};

function reviewAlias(reading: Reading, entry: AnnotationEntry, name: string): void {
  const used = findValue(reading, entry);
  const { prefix } = reading.context;
  if (used === null || used.key === `${prefix}/${name}` || name === entry.name) return;
  const message = `old name of ${entry.name}, which is set too and wins; remove it`;
  report(reading, `${prefix}/${name}`, {
    reason: "AnnotationIgnored",
    remark: { severity: "warning", message, effect: "ignored" },
  });
}

const RISKS = { low: 0, medium: 1, high: 2, critical: 3 } as const;

/** The critical ones are refused one by one, whatever the level. */
function reviewRisks(reading: Reading): void {
  const level = reading.context.settings.annotationsRiskLevel;
  for (const name of reading.own.keys()) {
    const risk = ANNOTATION_BY_NAME.get(name)?.risk ?? "low";
    if (risk === "critical" || RISKS[risk] <= RISKS[level]) continue;
    const message = `of ${risk} risk, above the annotations-risk-level ${level}; the routes answer 503 until it is gone`;
    report(reading, `${reading.context.prefix}/${name}`, { reason: "AnnotationRefused", remark: closes(message) });
  }
}

/** As ingress-nginx: somewhere in the value, upper and lower case apart. */
function reviewWord(reading: Reading, word: string): void {
  for (const [name, value] of reading.own) {
    if (!value.includes(word)) continue;
    const message = `holds "${printable(word)}", which annotation-value-word-blocklist forbids; the routes answer 503 until it is gone`;
    report(reading, `${reading.context.prefix}/${name}`, { reason: "AnnotationRefused", remark: closes(message) });
  }
}

/** What only shows when several annotations are seen together. */
function reviewTogether(reading: Reading): void {
  const { draft, context } = reading;
  if (!draft.useRegex || !draft.affinity || draft.cookie.path !== null) return;
  const remark = notice("with regex paths the cookie's default path is the regex itself; set session-cookie-path");
  report(reading, `${context.prefix}/affinity`, { reason: "AnnotationQuestionable", remark });
}

function report(reading: Reading, key: string, { remark, reason }: KeyRemark): void {
  const field = `metadata.annotations[${printable(key)}]`;
  const value = reading.annotations.get(key) ?? "";
  const message = `${printable(key)}: ${remark.message}`;
  const problem = toProblem(
    { ...remark, message },
    { source: reading.context.source, field, value, reason },
    "ignored",
  );
  reading.problems.push(problem);
  if (problem.effect !== "closed") return;
  reading.draft.closed.push(message);
  if (guardsHost(key.slice(reading.context.prefix.length + 1))) reading.draft.closedHost.push(message);
}
