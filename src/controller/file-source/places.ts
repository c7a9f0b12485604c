import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type YAMLMap,
} from "yaml";

/** Where a value stands in its file, and where the values inside it stand: by key, or by index. Counted from 1. */
export interface PlaceTree {
  readonly line: number;
  readonly column: number;
  readonly inside: ReadonlyMap<string, PlaceTree>;
}

/** Values of one document whose places are kept; what lies beyond is placed by what is around it. */
const MAX_PLACES = 50_000;
const MAX_DEPTH = 64;
const NOTHING: ReadonlyMap<string, PlaceTree> = new Map();

interface Walk {
  readonly document: Document;
  readonly lines: LineCounter;
  left: number;
}

/** The places of a whole document, through aliases and merge keys as the values are read. */
export function readPlaces(document: Document, lines: LineCounter): PlaceTree {
  const walk: Walk = { document, lines, left: MAX_PLACES };
  const { contents } = document;
  return isNode(contents)
    ? placeNode(walk, contents, 0)
    : { ...positionAt(walk, document.range?.[0]), inside: NOTHING };
}

function placeNode(walk: Walk, node: Node, depth: number): PlaceTree {
  walk.left--;
  const position = positionAt(walk, node.range?.[0]);
  if (walk.left <= 0 || depth >= MAX_DEPTH) return { ...position, inside: NOTHING };
  const value = isAlias(node) ? node.resolve(walk.document) : node;
  if (isMap(value)) return { ...position, inside: placesInMap(walk, value, depth) };
  if (!isSeq(value)) return { ...position, inside: NOTHING };
  const items = value.items.flatMap((item, index) =>
    isNode(item) ? [[String(index), placeNode(walk, item, depth + 1)] as const] : [],
  );
  return { ...position, inside: new Map(items) };
}

/** A map's own keys win over merged ones, and of merged maps the first that has the key. */
function placesInMap(walk: Walk, map: YAMLMap, depth: number): ReadonlyMap<string, PlaceTree> {
  const places = new Map<string, PlaceTree>();
  const merged: ReadonlyMap<string, PlaceTree>[] = [];
  for (const { key, value } of map.items) {
    const place = isNode(value)
      ? placeNode(walk, value, depth + 1)
      : isNode(key)
        ? placeNode(walk, key, MAX_DEPTH)
        : null;
    if (place === null) continue;
    if (isMergeKey(key))
      merged.push(...(isSequence(walk, value) ? [...place.inside.values()].map(insideOf) : [place.inside]));
    else places.set(isScalar(key) ? String(key.value) : String(key), place);
  }
  for (const inside of merged) {
    for (const [key, place] of inside) if (!places.has(key)) places.set(key, place);
  }
  return places;
}

function insideOf({ inside }: PlaceTree): ReadonlyMap<string, PlaceTree> {
  return inside;
}

function isSequence(walk: Walk, value: unknown): boolean {
  return isSeq(isAlias(value) ? value.resolve(walk.document) : value);
}

/** An unquoted `<<`: the parser makes a symbol of it. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === "symbol";
}

function positionAt({ lines }: Walk, offset: number | undefined): Pick<PlaceTree, "line" | "column"> {
  const { line, col } = lines.linePos(offset ?? 0);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** `line:column` of a field's JSON path, or of the nearest thing around it that is in the file. */
export function placeOfField(tree: PlaceTree, field: string): string {
  let place = tree;
  for (const part of fieldParts(field)) {
    const inside = place.inside.get(part);
    if (inside === undefined) break;
    place = inside;
  }
  return `${place.line}:${place.column}`;
}

/** The subtree of a list's item; the list's own where there is none. */
export function placeOfItem(tree: PlaceTree, index: number): PlaceTree {
  return tree.inside.get("items")?.inside.get(String(index)) ?? tree;
}

/** `spec.rules[0].host`, `metadata.annotations["a/b"]` and `metadata.annotations[a/b]` as the steps into the object. */
export function fieldParts(field: string): readonly string[] {
  const parts: string[] = [];
  let at = 0;
  while (at < field.length) {
    const step = field[at] === "[" ? bracketedStep(field, at) : plainStep(field, at);
    if (step.part !== "") parts.push(step.part);
    at = step.end;
  }
  return parts;
}

interface Step {
  readonly part: string;
  readonly end: number;
}

function plainStep(field: string, at: number): Step {
  let end = at;
  while (end < field.length && field[end] !== "." && field[end] !== "[") end++;
  return { part: field.slice(at, end), end: field[end] === "." ? end + 1 : end };
}

/** Quoted up to the quote that no backslash escapes, bare up to the bracket. */
function bracketedStep(field: string, at: number): Step {
  let end = at + 1;
  if (field[end] === '"') {
    for (end++; end < field.length && field[end] !== '"'; end++) if (field[end] === "\\") end++;
    const quoted = field.slice(at + 1, end + 1);
    return { part: unquote(quoted), end: afterBracket(field, end + 1) };
  }
  while (end < field.length && field[end] !== "]") end++;
  return { part: field.slice(at + 1, end), end: afterBracket(field, end) };
}

function afterBracket(field: string, at: number): number {
  const end = field[at] === "]" ? at + 1 : at;
  return field[end] === "." ? end + 1 : end;
}

function unquote(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}
