import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { parse } from "yaml";
import { sendJson } from "./answers.ts";
import type { FakeObject, ObjectLog } from "./object-log.ts";
import { mergePatch, strategicMergePatch } from "./patch.ts";
import { type ApiPath, qualifiedName } from "./resources.ts";

const PATCHES: Readonly<Record<string, (target: unknown, patch: unknown) => unknown>> = {
  "application/merge-patch+json": mergePatch,
  "application/strategic-merge-patch+json": strategicMergePatch,
  // Server-side apply without field ownership: good enough where one client writes.
  "application/apply-patch+yaml": mergePatch,
};

export interface WriteRequest {
  readonly method: string;
  /** Content type. */
  readonly type: string;
  readonly body: string;
}

/** A write that is complete but not yet in the database: admission comes between. */
export interface PreparedWrite {
  readonly kind: "create" | "update" | "delete";
  readonly before: FakeObject | null;
  /** Null for a deletion. */
  readonly after: FakeObject | null;
  readonly dryRun?: boolean;
}

export interface RefusedWrite {
  readonly kind: "refused";
  readonly code: number;
  readonly message: string;
}

export function prepareWrite(log: ObjectLog, path: ApiPath, request: WriteRequest): PreparedWrite | RefusedWrite {
  const known = log.get(path.resource, path.namespace, path.name);
  switch (request.method) {
    case "POST":
      return create(log, path, readObject(request.body));
    case "PUT":
      return known === undefined ? notFound(path) : update(path, known, readObject(request.body));
    case "PATCH":
      return patch(path, known, request);
    case "DELETE":
      return known === undefined ? notFound(path) : { kind: "delete", before: known, after: null };
    default:
      return refused(405, "method not allowed");
  }
}

export function commitWrite(log: ObjectLog, path: ApiPath, write: PreparedWrite, response: ServerResponse): void {
  if (write.after === null) {
    if (write.dryRun !== true) log.delete(path.resource, path.namespace, path.name);
    return sendJson(response, 200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" });
  }
  const stored = write.dryRun === true ? write.after : log.put(path.resource, path.namespace, write.after);
  sendJson(response, write.kind === "create" ? 201 : 200, stored);
}

function create(log: ObjectLog, path: ApiPath, given: FakeObject): PreparedWrite | RefusedWrite {
  const { name } = given.metadata;
  if (log.get(path.resource, path.namespace, name) !== undefined) {
    return refused(409, `${qualifiedName(path.resource)} "${name}" already exists`);
  }
  const namespace = path.resource.namespaced ? { namespace: path.namespace } : {};
  const metadata = { ...given.metadata, ...namespace, uid: given.metadata.uid ?? randomUUID() };
  return { kind: "create", before: null, after: { ...given, metadata } };
}

function update(path: ApiPath, known: FakeObject, object: FakeObject): PreparedWrite | RefusedWrite {
  const version = object.metadata.resourceVersion;
  if (version !== undefined && version !== known.metadata.resourceVersion) {
    return refused(409, "the object has been modified; please apply your changes to the latest version");
  }
  // The status and everything else are written by different doors.
  const merged =
    path.subresource === "status" ? { ...known, status: object["status"] } : { ...object, status: known["status"] };
  const { uid, creationTimestamp } = known.metadata;
  const metadata = { ...merged.metadata, ...(uid && { uid }), ...(creationTimestamp && { creationTimestamp }) };
  return { kind: "update", before: known, after: dropUndefined({ ...merged, metadata }) };
}

function patch(path: ApiPath, known: FakeObject | undefined, request: WriteRequest): PreparedWrite | RefusedWrite {
  const apply = PATCHES[request.type];
  if (apply === undefined) return refused(415, `unsupported patch type ${request.type}`);
  const isApply = request.type === "application/apply-patch+yaml";
  if (known === undefined && !isApply) return notFound(path);
  const change: unknown = isApply ? parse(request.body) : JSON.parse(request.body);
  const patched = toObject(apply(known ?? {}, change));
  return known === undefined ? { kind: "create", before: null, after: patched } : update(path, known, patched);
}

function notFound(path: ApiPath): RefusedWrite {
  return refused(404, `${qualifiedName(path.resource)} "${path.name}" not found`);
}

function refused(code: number, message: string): RefusedWrite {
  return { kind: "refused", code, message };
}

function readObject(body: string): FakeObject {
  return toObject(JSON.parse(body));
}

function toObject(json: unknown): FakeObject {
  if (!isFakeObject(json)) throw new Error("not an object with metadata.name");
  return json;
}

function isFakeObject(json: unknown): json is FakeObject {
  if (typeof json !== "object" || json === null || !("metadata" in json)) return false;
  const meta = json.metadata;
  return typeof meta === "object" && meta !== null && "name" in meta && typeof meta.name === "string";
}

function dropUndefined(object: FakeObject): FakeObject {
  const { status, ...rest } = object;
  return status === undefined ? rest : object;
}
