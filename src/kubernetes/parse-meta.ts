import type { ObjectMeta } from "./objects.ts";
import { NAME, NAMESPACE } from "./parse-names.ts";
import {
  type Fields,
  fieldPath,
  objectField,
  rawField,
  reportError,
  reportWarning,
  textField,
  textMapField,
} from "./parse-fields.ts";

/** Where a kind lives. A namespaced object without namespace is in `default`, as for kubectl. */
export type Scope = "namespaced" | "cluster";

/** Most objects have no labels, or no annotations: an empty map for each would be some 200 bytes. */
const NO_TEXTS: ReadonlyMap<string, string> = new Map();
/** Control characters that no annotation needs; tabs and line breaks are common. */
const ODD_CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/**
 * `metadata`. Null when the object cannot be named, or when its labels or annotations are not maps of strings: an access rule may
 * stand in the entry that cannot be read, so such an object is refused whole rather than served without it.
 */
export function parseMeta(object: Fields, scope: Scope): ObjectMeta | null {
  const meta = objectField(object, "metadata");
  if (meta === null) reportError(object.log, "metadata", "", "expected an object with a name");
  if (meta === null || meta === undefined) return null;
  const errorsBefore = object.log.errors.length;
  const name = textField(meta, "name", NAME);
  if (name === null) reportError(meta.log, "metadata.name", "", "expected a name");
  const namespace = scope === "cluster" ? "" : (textField(meta, "namespace", NAMESPACE) ?? "default");
  const labels = textMapField(meta, "labels") ?? NO_TEXTS;
  const annotations = textMapField(meta, "annotations") ?? NO_TEXTS;
  const uid = textOrEmpty(meta, "uid");
  const resourceVersion = textOrEmpty(meta, "resourceVersion");
  if (name === null || name === undefined || object.log.errors.length > errorsBefore) return null;
  warnControlCharacters(meta, annotations);
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    createdAtMs: timeField(meta, "creationTimestamp") ?? 0,
    deletedAtMs: timeField(meta, "deletionTimestamp"),
    labels,
    annotations,
  };
}

function textOrEmpty(meta: Fields, name: string): string {
  return textField(meta, name) ?? "";
}

/** RFC 3339 text; null when absent. An unreadable time is a warning: it only decides precedence. */
function timeField(meta: Fields, name: string): number | null {
  const value = rawField(meta, name);
  if (value === null) return null;
  const timeMs = value instanceof Date ? value.getTime() : typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(timeMs)) return timeMs;
  reportWarning(
    meta.log,
    fieldPath(meta, name),
    value,
    "expected a time such as 2026-01-31T12:00:00Z; taken as absent",
  );
  return null;
}

function warnControlCharacters(meta: Fields, annotations: ReadonlyMap<string, string>): void {
  for (const [key, value] of annotations) {
    if (!ODD_CONTROL.test(value) && !ODD_CONTROL.test(key)) continue;
    reportWarning(meta.log, `metadata.annotations[${JSON.stringify(key)}]`, value, "the text holds control characters");
  }
}
