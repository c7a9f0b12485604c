import type { Kind } from "../../kubernetes/objects.ts";
import { objectKey } from "../../kubernetes/object-key.ts";
import type { Snapshot } from "../../kubernetes/snapshot.ts";
import type { SourceRef } from "../../model/source.ts";
import type { EventObject } from "./event-correlator.ts";

/** Kinds that Events are written about; for others there is no object that somebody would describe. */
const API_VERSIONS: ReadonlyMap<string, readonly [kind: Kind, apiVersion: string]> = new Map([
  ["Ingress", ["Ingress", "networking.k8s.io/v1"]],
  ["Service", ["Service", "v1"]],
  ["Secret", ["Secret", "v1"]],
  ["ConfigMap", ["ConfigMap", "v1"]],
]);

/** False where the object of an Event is gone, or another one of the same name has come. An object that no watch covers counts as there. */
export function isStillThere(object: EventObject, snapshot: Snapshot): boolean {
  return !API_VERSIONS.has(object.kind) || eventObject(object, snapshot)?.uid === object.uid;
}

/** The object that a problem is about; null where it does not exist, or is of a kind that has no Events. */
export function eventObject(source: SourceRef, snapshot: Snapshot): EventObject | null {
  const [kind, apiVersion] = API_VERSIONS.get(source.kind) ?? [];
  if (kind === undefined || apiVersion === undefined) return null;
  const object = snapshot.get(kind, objectKey(source.namespace, source.name));
  if (object === undefined) return null;
  return { apiVersion, kind, namespace: source.namespace, name: source.name, uid: object.meta.uid };
}
