import type { ServerResponse } from "node:http";
import { parse } from "yaml";
import { sendJson, sendStatus } from "./answers.ts";
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

export function handleWrite(log: ObjectLog, path: ApiPath, request: WriteRequest, response: ServerResponse): void {
  const known = log.get(path.resource, path.namespace, path.name);
  switch (request.method) {
    case "POST":
      return create(log, path, readObject(request.body), response);
    case "PUT":
      return known === undefined
        ? notFound(path, response)
        : update({ log, path, known }, readObject(request.body), response);
    case "PATCH":
      return patch(log, path, request, response);
    case "DELETE":
      if (log.delete(path.resource, path.namespace, path.name) === null) return notFound(path, response);
      return sendJson(response, 200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" });
    default:
      return sendStatus(response, 405, "method not allowed");
  }
}

function create(log: ObjectLog, path: ApiPath, object: FakeObject, response: ServerResponse): void {
  const { name } = object.metadata;
  if (log.get(path.resource, path.namespace, name) !== undefined) {
    return sendStatus(response, 409, `${qualifiedName(path.resource)} "${name}" already exists`);
  }
  sendJson(response, 201, log.put(path.resource, path.namespace, object));
}

interface Known {
  readonly log: ObjectLog;
  readonly path: ApiPath;
  readonly known: FakeObject;
}

function update({ log, path, known }: Known, object: FakeObject, response: ServerResponse): void {
  const version = object.metadata.resourceVersion;
  if (version !== undefined && version !== known.metadata.resourceVersion) {
    return sendStatus(response, 409, "the object has been modified; please apply your changes to the latest version");
  }
  // The status and everything else are written by different doors.
  const merged =
    path.subresource === "status" ? { ...known, status: object["status"] } : { ...object, status: known["status"] };
  sendJson(response, 200, log.put(path.resource, path.namespace, dropUndefined(merged)));
}

function patch(log: ObjectLog, path: ApiPath, request: WriteRequest, response: ServerResponse): void {
  const apply = PATCHES[request.type];
  if (apply === undefined) return sendStatus(response, 415, `unsupported patch type ${request.type}`);
  const known = log.get(path.resource, path.namespace, path.name);
  const isApply = request.type === "application/apply-patch+yaml";
  if (known === undefined && !isApply) return notFound(path, response);
  const patched = toObject(apply(known ?? {}, parse(request.body)));
  if (known === undefined) return sendJson(response, 201, log.put(path.resource, path.namespace, patched));
  return update({ log, path, known }, patched, response);
}

function notFound(path: ApiPath, response: ServerResponse): void {
  sendStatus(response, 404, `${qualifiedName(path.resource)} "${path.name}" not found`);
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
