import { LineCounter, parseAllDocuments, type Document } from "yaml";
import { printable } from "../../lib/printable.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { listItems } from "../../kubernetes/parse-object.ts";
import { unfoldsTooFar } from "./expansion.ts";
import { type ObjectPlaces, type PlacesContext, readPlaces } from "./places.ts";

/** One object of a file, not parsed yet, and where each of its fields stands. */
export interface FileObject {
  readonly json: unknown;
  readonly readPlaces: () => ObjectPlaces;
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

/** Merge keys (`<<`) are no part of YAML 1.2, but kubectl reads them. */
const PARSING = { merge: true, prettyErrors: false, logLevel: "silent" } as const;

/** Reads YAML or JSON with any number of documents; lists are taken apart. A broken document costs only itself. Never throws. */
export function readDocuments(text: string): ReadDocuments {
  const lines = new LineCounter();
  const context: PlacesContext = { lines, shapes: new Map() };
  const objects: FileObject[] = [];
  const syntax: SyntaxProblem[] = [];
  for (const document of parseAllDocuments(text, { ...PARSING, lineCounter: lines })) {
    const problem = document.errors[0];
    const json = problem === undefined ? toJson(document) : { failure: problem.message, offset: problem.pos[0] };
    if (json.failure !== null) syntax.push({ place: placeOf(lines, json.offset), message: printable(json.failure) });
    else if (json.value !== null) objects.push(...objectsOf(json.value, document, context));
  }
  return { objects, syntax };
}

type Json = { readonly failure: null; readonly value: unknown } | { readonly failure: string; readonly offset: number };

function toJson(document: Document): Json {
  const offset = document.range?.[0] ?? 0;
  try {
    if (unfoldsTooFar(document)) return { failure: "its aliases and merge keys unfold to too much", offset };
    return { failure: null, value: document.toJS({ maxAliasCount: -1 }) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : "unreadable", offset };
  }
}

function objectsOf(value: unknown, document: Document, context: PlacesContext): readonly FileObject[] {
  const items = listItems(value);
  if (items === null) return [fileObject(value, () => readPlaces(document, null, context))];
  return items.map((json, index) => fileObject(json, () => readPlaces(document, index, context)));
}

/** Places are only looked for in objects that are asked for them, and once. */
function fileObject(json: unknown, read: () => ObjectPlaces): FileObject {
  let places: ObjectPlaces | null = null;
  return { json, readPlaces: () => (places ??= read()) };
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

const MARKS = ["apiVersion", "kind", "metadata"];

/** False for text that `isKubernetesObject` is false for, whatever it says: lock files are long, and reading YAML is slow. */
export function mayHoldObjects(text: string): boolean {
  return MARKS.filter((mark) => text.includes(mark)).length >= 2;
}

/** False for values.yaml, docker-compose.yaml and their like: of apiVersion, kind and metadata they have one at most. */
export function isKubernetesObject(json: unknown): boolean {
  if (!isRecord(json)) return false;
  return MARKS.filter((mark) => Object.hasOwn(json, mark)).length >= 2;
}
