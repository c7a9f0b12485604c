import { createHash } from "node:crypto";
import { kindAndKey, keyOf, objectKey } from "../../kubernetes/object-key.ts";
import type { KubernetesObject, ObjectMeta } from "../../kubernetes/objects.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { parseObject } from "../../kubernetes/parse-object.ts";
import type { Problem } from "../../model/problem.ts";
import type { SourceRef } from "../../model/source.ts";
import { objectProblems } from "../object-problems.ts";
import { describe, type FileObject, readDocuments, type SyntaxProblem } from "./document.ts";

/** What one file says. */
export interface FileContent {
  /** By `Kind namespace/name`, in the order of the file; the last one wins, as with `kubectl apply`. */
  readonly objects: ReadonlyMap<string, KubernetesObject>;
  /** Objects that are there but cannot be used: `Kind namespace/name`. */
  readonly unreadable: ReadonlySet<string>;
  /** True when some part is no YAML: then what is missing is not deleted. */
  readonly broken: boolean;
  /** By the key that the problems are told under. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** Objects of kinds that are not read here, one description each. */
  readonly skipped: readonly string[];
}

/** Reads the text of one file. Pure; never throws. `path` is how messages call the file. */
export function readFileContent(text: string, path: string): FileContent {
  const { objects: found, syntax } = readDocuments(text);
  const objects = new Map<string, KubernetesObject>();
  const unreadable = new Set<string>();
  const problems = new Map<string, readonly Problem[]>();
  const skipped: string[] = [];
  const add = (key: string, list: readonly Problem[]): void =>
    void problems.set(key, [...(problems.get(key) ?? []), ...list]);
  if (syntax.length > 0)
    add(
      `File ${path}`,
      syntax.map((problem) => syntaxProblem(problem, path)),
    );
  for (const item of found) {
    const parsed = parseObject(item.json);
    if (!parsed.recognised) {
      skipped.push(`${path}:${item.locate("")}: ${describe(item.json)}`);
      continue;
    }
    const source = parsed.object === null ? sourceOf(item.json, path) : refOf(parsed.object);
    const key = kindKeyOf(source);
    if (parsed.object !== null && objects.has(key))
      add(key, [duplicateProblem(source, path, item.locate("metadata.name"))]);
    if (parsed.object === null) unreadable.add(key);
    else objects.set(key, withIdentity(parsed.object, item));
    const list = objectProblems(parsed, source, (error) => `${path}:${item.locate(error.field)}: `);
    if (list.length > 0) add(key, list);
  }
  return { objects, unreadable, broken: syntax.length > 0, problems, skipped };
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

function refOf(object: KubernetesObject): SourceRef {
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
    severity: "error",
    reason: "InvalidYaml",
    source: { kind: "File", namespace: "", name: path },
    field: "",
    value: "",
    message: `${path}:${place}: ${message}; the last good version of what the file held stays in force`,
    effect: "ignored",
  };
}

function duplicateProblem(source: SourceRef, path: string, place: string): Problem {
  return {
    severity: "warning",
    reason: "DuplicateObject",
    source,
    field: "metadata.name",
    value: source.name,
    message: `${path}:${place}: the object was given before; the last one is used`,
    effect: "none",
  };
}
