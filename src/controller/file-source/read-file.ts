import { createHash } from "node:crypto";
import { kindAndKey, keyOf, objectKey } from "../../kubernetes/object-key.ts";
import type { KubernetesObject, ObjectMeta } from "../../kubernetes/objects.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { parseObject } from "../../kubernetes/parse-object.ts";
import type { Problem } from "../../model/problem.ts";
import type { SourceRef } from "../../model/source.ts";
import { objectProblems } from "../object-problems.ts";
import { withApiRules } from "./api-rules.ts";
import {
  describe,
  type FileObject,
  isKubernetesObject,
  mayHoldObjects,
  readDocuments,
  type SyntaxProblem,
} from "./document.ts";
import type { ObjectPlaces } from "./places.ts";

/** What one file says. */
export interface FileContent {
  /** By `Kind namespace/name`, in the order of the file; the last one wins, as with `kubectl apply`. */
  readonly objects: ReadonlyMap<string, KubernetesObject>;
  /** Where the fields of objects stand, those included that cannot be used; by the same names. */
  readonly places: ReadonlyMap<string, ObjectPlaces>;
  /** Objects that are there but cannot be used, by the same names: what of them is to be closed, or null. */
  readonly unreadable: ReadonlyMap<string, KubernetesObject | null>;
  /** True when some part is no YAML: then what is missing is not deleted. */
  readonly broken: boolean;
  /** By the key that the problems are told under. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** Objects of kinds that are not read here, one description each. */
  readonly skipped: readonly string[];
  /** Documents that are no Kubernetes objects: the file, or the place in it where others are. */
  readonly foreign: readonly string[];
}

interface Reading {
  readonly path: string;
  readonly objects: Map<string, KubernetesObject>;
  readonly places: Map<string, ObjectPlaces>;
  readonly unreadable: Map<string, KubernetesObject | null>;
  readonly problems: Map<string, readonly Problem[]>;
  readonly skipped: string[];
  readonly foreign: string[];
}

/** Reads the text of one file. Pure; never throws. `path` is how messages call the file. */
export function readFileContent(text: string, path: string): FileContent {
  if (!mayHoldObjects(text)) return { ...openReading(path), broken: false, foreign: CONTENT.test(text) ? [path] : [] };
  const { objects: found, syntax } = readDocuments(text);
  const reading = openReading(path);
  report(
    reading,
    `File ${path}`,
    syntax.map((problem) => syntaxProblem(problem, path)),
  );
  for (const item of found) {
    if (isKubernetesObject(item.json)) readObject(reading, item);
    else reading.foreign.push(placeIn(reading, item, ""));
  }
  if (text.includes("{{") && reading.unreadable.size + syntax.length > 0)
    report(reading, `File ${path}`, [templateProblem(path)]);
  const onlyForeign = reading.foreign.length === found.length && found.length > 0;
  return { ...reading, foreign: onlyForeign ? [path] : reading.foreign, broken: syntax.length > 0 };
}

/** A line that is neither blank nor a comment. */
const CONTENT = /^[ \t]*[^\s#]/m;

function openReading(path: string): Reading {
  return {
    path,
    objects: new Map(),
    places: new Map(),
    unreadable: new Map(),
    problems: new Map(),
    skipped: [],
    foreign: [],
  };
}

function report(reading: Reading, key: string, list: readonly Problem[]): void {
  if (list.length > 0) reading.problems.set(key, [...(reading.problems.get(key) ?? []), ...list]);
}

function readObject(reading: Reading, item: FileObject): void {
  const parsed = withApiRules(parseObject(item.json));
  if (!parsed.recognised) {
    reading.skipped.push(`${describe(item.json)} (${placeIn(reading, item, "")})`);
    return;
  }
  const source = parsed.object === null ? sourceOf(item.json, reading.path) : refOf(parsed.object);
  const key = kindKeyOf(source);
  if (parsed.object !== null && reading.objects.has(key)) {
    const before = `${reading.path}:${reading.places.get(key)?.placeOf("metadata.name") ?? ""}`;
    report(reading, key, [duplicateProblem(source, before, placeIn(reading, item, "metadata.name"))]);
  }
  if (parsed.object === null) reading.unreadable.set(key, parsed.closed && withIdentity(parsed.closed, item));
  else reading.objects.set(key, withIdentity(parsed.object, item));
  reading.places.set(key, item.readPlaces());
  report(
    reading,
    key,
    objectProblems(parsed, source, (error) => placeIn(reading, item, error.field)),
  );
}

function placeIn({ path }: Reading, item: FileObject, field: string): string {
  return `${path}:${item.readPlaces().placeOf(field)}`;
}

/** A version that changes with the content, and a uid that stays with the name, so that objects from files look like any other. */
function withIdentity(object: KubernetesObject, item: FileObject): KubernetesObject {
  const uid = object.meta.uid === "" ? uidOf(kindAndKey(object.kind, keyOf(object))) : object.meta.uid;
  const resourceVersion = `file-${hash(JSON.stringify(item.json) ?? "")}`;
  return { ...object, meta: { ...object.meta, uid, resourceVersion } };
}

/** The same object with a creation time of its own, unless the file gives one. */
export function withCreation<O extends KubernetesObject>(object: O, createdAtMs: number): O {
  if (object.meta.createdAtMs !== 0) return object;
  const meta: ObjectMeta = {
    ...object.meta,
    createdAtMs,
    resourceVersion: `${object.meta.resourceVersion}-${createdAtMs}`,
  };
  return { ...object, meta };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function uidOf(name: string): string {
  return hash(name).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** How problems name an object. */
export function refOf(object: KubernetesObject): SourceRef {
  return { kind: object.kind, namespace: object.meta.namespace, name: object.meta.name };
}

/** The best name there is for an object that cannot be parsed. */
function sourceOf(json: unknown, path: string): SourceRef {
  const meta = isRecord(json) && isRecord(json["metadata"]) ? json["metadata"] : {};
  const kind = isRecord(json) && typeof json["kind"] === "string" ? json["kind"] : "";
  const name = typeof meta["name"] === "string" ? meta["name"] : "";
  if (kind === "" || name === "") return { kind: "File", namespace: "", name: path };
  const namespaced = kind !== "IngressClass" && kind !== "Namespace";
  const namespace = typeof meta["namespace"] === "string" ? meta["namespace"] : "default";
  return { kind, namespace: namespaced ? namespace : "", name };
}

function kindKeyOf(source: SourceRef): string {
  return `${source.kind} ${objectKey(source.namespace, source.name)}`;
}

function syntaxProblem({ place, message }: SyntaxProblem, path: string): Problem {
  return {
    ...fileProblem(path),
    reason: "InvalidYaml",
    message: `${message}; the last good version of what the file held stays in force`,
    effect: "ignored",
    at: `${path}:${place}`,
  };
}

function templateProblem(path: string): Problem {
  const message =
    "it holds {{ }}, so it may be a template that has to be rendered: helm template CHART | headgate dev -";
  return { ...fileProblem(path), reason: "NeedsRendering", message, effect: "not-served" };
}

function fileProblem(path: string): Pick<Problem, "severity" | "source" | "field" | "value"> {
  return { severity: "error", source: { kind: "File", namespace: "", name: path }, field: "", value: "" };
}

/** The object at `at` takes the place of the one at `before`. */
export function duplicateProblem(source: SourceRef, before: string, at: string): Problem {
  return {
    severity: "warning",
    reason: "DuplicateObject",
    source,
    field: "metadata.name",
    value: source.name,
    message: `the object was given before, at ${before}; the last one is used`,
    effect: "none",
    at,
  };
}
