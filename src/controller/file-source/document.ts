import { LineCounter, parseAllDocuments, type Document } from "yaml";
import { printable } from "../../lib/printable.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { listItems } from "../../kubernetes/parse-object.ts";

/** One object of a file, not parsed yet, and where each of its fields stands. */
export interface FileObject {
  readonly json: unknown;
  /** `line:column` of a field's JSON path, or of the nearest thing around it that is in the file. */
  locate(field: string): string;
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

/** Reads YAML or JSON with any number of documents; lists are taken apart. A broken document costs only itself. Never throws. */
export function readDocuments(text: string): ReadDocuments {
  const lines = new LineCounter();
  const objects: FileObject[] = [];
  const syntax: SyntaxProblem[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: "silent" })) {
    const problem = document.errors[0];
    const json = problem === undefined ? toJson(document) : { failure: problem.message, offset: problem.pos[0] };
    if (json.failure !== null) syntax.push({ place: placeOf(lines, json.offset), message: printable(json.failure) });
    else if (json.value !== null) objects.push(...objectsOf(json.value, document, lines));
  }
  return { objects, syntax };
}

type Json = { readonly failure: null; readonly value: unknown } | { readonly failure: string; readonly offset: number };

function toJson(document: Document): Json {
  try {
    return { failure: null, value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : "unreadable", offset: document.range?.[0] ?? 0 };
  }
}

function objectsOf(value: unknown, document: Document, lines: LineCounter): readonly FileObject[] {
  const items = listItems(value);
  if (items === null) return [fileObject(value, [], document, lines)];
  return items.map((item, i) => fileObject(item, ["items", i], document, lines));
}

function fileObject(json: unknown, at: readonly PathPart[], document: Document, lines: LineCounter): FileObject {
  return { json, locate: (field) => locate([...at, ...pathParts(field)], document, lines) };
}

type PathPart = string | number;

function locate(path: readonly PathPart[], document: Document, lines: LineCounter): string {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== null) return placeOf(lines, offset);
  }
  return placeOf(lines, document.range?.[0] ?? 0);
}

function offsetOf(document: Document, path: readonly PathPart[]): number | null {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return null;
  const offset: unknown = node.range[0];
  return typeof offset === "number" ? offset : null;
}

function placeOf(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

/** `spec.rules[0].host` and `metadata.annotations["a/b"]` as the steps into the document. */
function pathParts(field: string): readonly PathPart[] {
  const parts: PathPart[] = [];
  for (const [, index, quoted, word] of field.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)) {
    if (index !== undefined) parts.push(Number(index));
    else if (quoted !== undefined) parts.push(unquote(quoted));
    else if (word !== undefined) parts.push(word);
  }
  return parts;
}

function unquote(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}

/** `Deployment shop/web`, for the line that says it was skipped. */
export function describe(json: unknown): string {
  if (!isRecord(json)) return "a document without kind";
  const meta = isRecord(json["metadata"]) ? json["metadata"] : {};
  const kind = typeof json["kind"] === "string" ? json["kind"] : "a document without kind";
  const name = typeof meta["name"] === "string" ? ` ${meta["name"]}` : "";
  return printable(kind + name);
}
