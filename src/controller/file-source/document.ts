import { LineCounter, parseAllDocuments, type Document } from "yaml";
import { printable } from "../../lib/printable.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { listItems } from "../../kubernetes/parse-object.ts";
import { unfoldsTooFar } from "./expansion.ts";
import { placeOfItem, type PlaceTree, readPlaces } from "./places.ts";

/** One object of a file, not parsed yet, and where each of its fields stands. */
export interface FileObject {
  readonly json: unknown;
  readonly readPlaces: () => PlaceTree;
}

export interface SyntaxProblem {
  /** `line:column` */
  readonly place: string;
  readonly message: string;
}

export interface ReadDocuments {
  readonly objects: readonly FileObject[];
  readonly syntax: readonly SyntaxProblem[];
}

/** References to anchors in one document; more is an attempt to blow it up. */
const MAX_ALIASES = 100;
/** Merge keys (`<<`) are no part of YAML 1.2, but kubectl reads them. */
const PARSING = { merge: true, prettyErrors: false, logLevel: "silent" } as const;

/** Reads YAML or JSON with any number of documents; lists are taken apart. A broken document costs only itself. Never throws. */
export function readDocuments(text: string): ReadDocuments {
  const lines = new LineCounter();
  const objects: FileObject[] = [];
  const syntax: SyntaxProblem[] = [];
  for (const document of parseAllDocuments(text, { ...PARSING, lineCounter: lines })) {
    const problem = document.errors[0];
    const json = problem === undefined ? toJson(document) : { failure: problem.message, offset: problem.pos[0] };
    if (json.failure !== null) syntax.push({ place: placeOf(lines, json.offset), message: printable(json.failure) });
    else if (json.value !== null) objects.push(...objectsOf(json.value, onceRead(document, lines)));
  }
  return { objects, syntax };
}

type Json = { readonly failure: null; readonly value: unknown } | { readonly failure: string; readonly offset: number };

function toJson(document: Document): Json {
  const offset = document.range?.[0] ?? 0;
  if (unfoldsTooFar(document)) return { failure: "its aliases and merge keys unfold to too much", offset };
  try {
    return { failure: null, value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : "unreadable", offset };
  }
}

function objectsOf(value: unknown, readTree: () => PlaceTree): readonly FileObject[] {
  const items = listItems(value);
  if (items === null) return [{ json: value, readPlaces: readTree }];
  return items.map((json, index) => ({ json, readPlaces: () => placeOfItem(readTree(), index) }));
}

/** Places are only looked for in documents that are asked for them, and once. */
function onceRead(document: Document, lines: LineCounter): () => PlaceTree {
  let tree: PlaceTree | null = null;
  return () => (tree ??= readPlaces(document, lines));
}

function placeOf(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

/** `Deployment shop/web`, for the line that says it was skipped. */
export function describe(json: unknown): string {
  if (!isRecord(json)) return "a document without kind";
  const meta = isRecord(json["metadata"]) ? json["metadata"] : {};
  const kind = typeof json["kind"] === "string" ? json["kind"] : "a document without kind";
  const name = typeof meta["name"] === "string" ? ` ${meta["name"]}` : "";
  return printable(kind + name);
}

/** False for values.yaml, docker-compose.yaml and their like: of apiVersion, kind and metadata they have one at most. */
export function isKubernetesObject(json: unknown): boolean {
  if (!isRecord(json)) return false;
  const marks = ["apiVersion", "kind", "metadata"].filter((name) => Object.hasOwn(json, name));
  return marks.length >= 2;
}
