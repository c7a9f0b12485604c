import type { ObjectReference } from "../../kubernetes/object-reference.ts";
import type { TranslationSettings } from "../../model/settings.ts";
import type { AnnotationEntry, Reader } from "../entries/entry.ts";
import { noReferences, type Slice } from "../entries/feature.ts";
import { FEATURES, type PolicySlices } from "../features/features.ts";
import { type Finding, ignored, unusable } from "../entries/finding.ts";
import { findValue, type Reading, report, trimLines } from "./reading.ts";

/** What the annotations of one Ingress ask for: typed, complete, with the ConfigMap's defaults already folded in. */
export type IngressPolicy = PolicySlices & Closure;

interface Closure {
  /** Not null: every route of the Ingress answers 503; the text says which annotation and why. */
  readonly closed: string | null;
  /** Not null: every route of its hosts answers 503, whichever Ingress it is of, since that is how far the annotation reaches. */
  readonly closedHost: string | null;
}

/** A feature with a slice of policy. */
interface BuiltFeature {
  readonly name: string;
  readonly readable: readonly ReadableEntry[];
  readonly slice: Slice<unknown>;
}

type ReadableEntry = AnnotationEntry & { readonly reader: Reader };

const BUILT: readonly BuiltFeature[] = Object.entries(FEATURES).flatMap(([name, { entries, slice }]) => {
  const readable = entries.filter((entry): entry is ReadableEntry => entry.reader !== null);
  return slice === null ? [] : [{ name, readable, slice }];
});

/** Few features read objects, and there are many Ingresses. */
const REFERRING = BUILT.filter(({ slice }) => slice.references !== noReferences);

const FEATURE_OF: ReadonlyMap<string, BuiltFeature> = new Map(
  BUILT.flatMap((feature) =>
    feature.readable.flatMap(({ name, aliases }) => [name, ...aliases].map((each) => [each, feature] as const)),
  ),
);

/** Reads the annotations that have an effect. Features that none of them is of share what they are without. */
export function readSlices(reading: Reading): PolicySlices {
  const plain = plainPolicy(reading.context.settings);
  const written = new Set<BuiltFeature>();
  for (const name of reading.own.keys()) {
    const feature = FEATURE_OF.get(name);
    if (feature !== undefined) written.add(feature);
  }
  if (written.size === 0) return plain;
  const slices: Record<string, unknown> = { ...plain };
  for (const feature of BUILT) if (written.has(feature)) slices[feature.name] = readSlice(reading, feature);
  // Each value comes from the feature of its name, and `plain` has them all.
  return slices as unknown as PolicySlices;
}

/** The objects that translation reads for these slices of an Ingress in this namespace. */
export function referencesOf(slices: PolicySlices, namespace: string): readonly ObjectReference[] {
  const values: Readonly<Record<string, unknown>> = slices;
  return REFERRING.flatMap(({ name, slice }) => slice.references(values[name], namespace));
}

export function withClosure(slices: PolicySlices, closure: Closure): IngressPolicy {
  // Most Ingresses have no annotations of ours: they share one policy.
  if (closure.closed === null && "closed" in slices) return slices as IngressPolicy;
  return { ...slices, ...closure };
}

const plainPolicies = new WeakMap<TranslationSettings, IngressPolicy>();

/** The policy of an Ingress without annotations: one for all that see the same settings. */
function plainPolicy(settings: TranslationSettings): IngressPolicy {
  const known = plainPolicies.get(settings);
  if (known !== undefined) return known;
  const slices = Object.fromEntries(
    BUILT.map(({ name, slice }) => [name, slice.close(slice.open(settings), settings)] as const),
  );
  const policy = { ...slices, closed: null, closedHost: null } as unknown as IngressPolicy;
  plainPolicies.set(settings, policy);
  return policy;
}

function readSlice(reading: Reading, { readable, slice }: BuiltFeature): unknown {
  const { settings } = reading.context;
  const fields = slice.open(settings);
  for (const entry of readable) readEntry(reading, entry, fields);
  return slice.close(fields, settings);
}

function readEntry(reading: Reading, entry: ReadableEntry, fields: object): void {
  const { reader } = entry;
  const found = findValue(reading.own, entry);
  if (found === null) return;
  const text = reader.text === "exact" ? found.value : trimLines(found.value);
  // A blank string is no value to ingress-nginx; a blank number or bool is a wrong one.
  if (text.trim() === "" && reader.text === "trimmed") return;
  const key = `${reading.context.prefix}/${found.name}`;
  const missing = reader.missing(fields);
  if (missing !== null) {
    report(reading, key, { reason: "AnnotationIgnored", finding: ignored(`no effect without ${missing}`) });
    return;
  }
  const finding = faultOf(text, reader) ?? reader.read(text, fields);
  if (finding?.effect === null) reader.otherwise?.write(fields);
  if (finding !== null) report(reading, key, { reason: "AnnotationParsingFailed", finding: withCost(finding, entry) });
}

/** Says what an unusable value costs; a finding that says it itself stays as it is. */
function withCost(finding: Finding, { protects, reader }: ReadableEntry): Finding {
  if (finding.effect !== null) return finding;
  const { message } = finding;
  const outcome = reader.otherwise?.outcome ?? "the default applies";
  if (protects === "nothing") return { ...finding, effect: "ignored", message: `${message}; ${outcome}` };
  return { ...finding, effect: "closed", message: `${message}; the routes answer 503 until it is corrected` };
}

const MAX_VALUE_LENGTH = 16_384;
const CONTROL = /[\u0000-\u001f\u007f]/;
const CONTROL_BUT_LINE_FEED = /[\u0000-\u0009\u000b-\u001f\u007f]/;

/** No value of ours holds control characters: each may end up in a header. */
function faultOf(text: string, reader: Reader): Finding | null {
  if (text.length > MAX_VALUE_LENGTH) return unusable(`longer than ${MAX_VALUE_LENGTH} characters`);
  if ((reader.lines ? CONTROL_BUT_LINE_FEED : CONTROL).test(text)) {
    return unusable("line breaks and other control characters are not allowed");
  }
  return null;
}
