import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";

/** One documented value of the chart. */
export interface ValueEntry {
  /** Such as `controller.image.tag`. */
  readonly path: string;
  /** JSON schema types. */
  readonly types: readonly string[];
  readonly fallback: unknown;
  readonly doc: string;
  /** Not null: read but cannot be honoured, and why. */
  readonly accepted: string | null;
}

/**
 * The values of a `values.yaml` in order. A comment that begins with `--` describes the key below it; a key without one holds
 * further keys.
 *
 * @throws where a value has no description
 */
export function readValueEntries(text: string): readonly ValueEntry[] {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new Error("values.yaml is no map");
  return entriesOf(contents, "");
}

function entriesOf(map: YAMLMap, prefix: string): readonly ValueEntry[] {
  return map.items.flatMap((pair, index) => {
    if (!isScalar(pair.key)) throw new Error(`${prefix}: a key that is no text`);
    const path = prefix + String(pair.key.value);
    const comment = pair.key.commentBefore ?? (index === 0 ? map.commentBefore : null) ?? "";
    const start = comment.search(/^ ?--/m);
    if (start !== -1) return [entryOf(path, comment.slice(start), pair)];
    if (isMap(pair.value)) return entriesOf(pair.value, `${path}.`);
    throw new Error(`${path} has no description`);
  });
}

const DESCRIPTION = /^-- (?:\((?<types>[a-z|]+)\) )?(?<doc>[^@]+?)(?: @accepted (?<accepted>.+))?$/;

function entryOf(path: string, comment: string, pair: Pair): ValueEntry {
  const line = comment.split("\n").map((part) => part.trim());
  const found = DESCRIPTION.exec(line.join(" "))?.groups;
  if (found === undefined) throw new Error(`${path} has a description that cannot be read: ${line.join(" ")}`);
  const fallback: unknown = isScalar(pair.value) ? pair.value.value : isMap(pair.value) ? pair.value.toJSON() : [];
  return {
    path,
    types: found["types"]?.split("|") ?? [typeOf(fallback)],
    fallback: Array.isArray(fallback) ? jsonOf(pair) : fallback,
    doc: found["doc"] ?? "",
    accepted: found["accepted"] ?? null,
  };
}

function jsonOf(pair: Pair): unknown {
  const { value } = pair as Pair<unknown, { toJSON(): unknown }>;
  return value?.toJSON() ?? [];
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? "integer" : value === null ? "null" : typeof value;
}
