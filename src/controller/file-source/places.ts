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

/**
 * Where a value begins in its file, as an offset, and where the values inside it do. Kept for every object for as long as it is served, so
 * it is small: a value with nothing inside is a number, and maps with equal keys share them.
 */
type PlaceTree = number | PlaceBranch;

interface PlaceBranch {
  readonly offset: number;
  /** Null for a list, whose keys are indexes. */
  readonly keys: readonly string[] | null;
  readonly inside: readonly PlaceTree[];
}

/** Values of one object whose places are kept; what lies beyond is placed by what is around it. */
const MAX_PLACES = 50_000;
const MAX_DEPTH = 64;

/** What the documents of one file have in common. */
export interface PlacesContext {
  readonly lines: LineCounter;
  readonly shapes: Map<string, readonly string[]>;
}

interface Walk {
  readonly document: Document;
  readonly shapes: PlacesContext["shapes"];
  left: number;
}

/** Where the fields of one object stand. */
export class ObjectPlaces {
  readonly #tree: PlaceTree;
  readonly #lines: LineCounter;

  constructor(tree: PlaceTree, lines: LineCounter) {
    this.#tree = tree;
    this.#lines = lines;
  }

  /** `line:column` of a field's JSON path, or of the nearest thing around it that is in the file. */
  placeOf(field: string): string {
    let tree = this.#tree;
    for (const part of fieldParts(field)) {
      const inside = typeof tree === "number" ? undefined : stepInto(tree, part);
      if (inside === undefined) break;
      tree = inside;
    }
    const { line, col } = this.#lines.linePos(offsetOf(tree));
    return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
  }
}

/** The places of a whole document, or of one item of the list that it is; through aliases and merge keys, as the values are read. */
export function readPlaces(document: Document, item: number | null, context: PlacesContext): ObjectPlaces {
  const walk: Walk = { document, shapes: context.shapes, left: MAX_PLACES };
  const { contents } = document;
  const node = item === null ? contents : (itemOf(walk, item) ?? contents);
  return new ObjectPlaces(isNode(node) ? placeNode(walk, node, 0) : (document.range?.[0] ?? 0), context.lines);
}

function itemOf(walk: Walk, item: number): unknown {
  const items = resolved(walk, isMap(walk.document.contents) ? walk.document.contents.get("items", true) : null);
  return isSeq(items) ? items.items[item] : null;
}

function resolved({ document }: Walk, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function placeNode(walk: Walk, node: Node, depth: number): PlaceTree {
  walk.left--;
  const offset = node.range?.[0] ?? 0;
  if (walk.left <= 0 || depth >= MAX_DEPTH) return offset;
  const value = resolved(walk, node);
  if (isMap(value)) return placeMap(walk, value, { offset, depth });
  if (!isSeq(value)) return offset;
  return {
    offset,
    keys: null,
    inside: value.items.map((item) => (isNode(item) ? placeNode(walk, item, depth + 1) : offset)),
  };
}

/** A map's own keys win over merged ones, and of merged maps the first that has the key. */
function placeMap(walk: Walk, map: YAMLMap, at: { readonly offset: number; readonly depth: number }): PlaceTree {
  const places = new Map<string, PlaceTree>();
  const merged: PlaceTree[] = [];
  for (const { key, value } of map.items) {
    const place = isNode(value) ? placeNode(walk, value, at.depth + 1) : isNode(key) ? (key.range?.[0] ?? null) : null;
    if (place === null) continue;
    if (isMergeKey(key)) merged.push(...mergedTrees(place));
    else places.set(isScalar(key) ? String(key.value) : String(key), place);
  }
  for (const tree of merged) {
    if (typeof tree === "number" || tree.keys === null) continue;
    tree.keys.forEach((key, index) => {
      const place = tree.inside[index];
      if (place !== undefined && !places.has(key)) places.set(key, place);
    });
  }
  return { offset: at.offset, keys: sharedKeys(walk, [...places.keys()]), inside: [...places.values()] };
}

function mergedTrees(place: PlaceTree): readonly PlaceTree[] {
  return typeof place === "number" || place.keys !== null ? [place] : place.inside;
}

function sharedKeys({ shapes }: Walk, keys: readonly string[]): readonly string[] {
  const shape = JSON.stringify(keys);
  const known = shapes.get(shape) ?? keys;
  shapes.set(shape, known);
  return known;
}

/** An unquoted `<<`: the parser makes a symbol of it. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === "symbol";
}

function stepInto({ keys, inside }: PlaceBranch, part: string): PlaceTree | undefined {
  return inside[keys === null ? Number(part) : keys.indexOf(part)];
}

function offsetOf(tree: PlaceTree): number {
  return typeof tree === "number" ? tree : tree.offset;
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
