import { keepEqualParts } from "../../../src/controller/keep-equal-parts.ts";
import { kindAndKey, keyOf, type ObjectKey } from "../../../src/kubernetes/object-key.ts";
import type { EndpointSlice, Kind, KubernetesObject, ObjectOf } from "../../../src/kubernetes/objects.ts";
import type { Change, Snapshot } from "../../../src/kubernetes/snapshot.ts";

/** Objects in memory that can be changed, giving the changes a store would report. As in the store, equal parts are kept. */
export class MemorySnapshot implements Snapshot {
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #slices = new Map<ObjectKey, Map<string, EndpointSlice>>();

  constructor(objects: Iterable<KubernetesObject> = []) {
    for (const object of objects) this.put(object);
  }

  get<K extends Kind>(kind: K, key: ObjectKey): ObjectOf<K> | undefined {
    const object = this.#objects.get(kindAndKey(kind, key));
    return object !== undefined && isKind(object, kind) ? object : undefined;
  }

  *list<K extends Kind>(kind: K): Iterable<ObjectOf<K>> {
    for (const object of this.#objects.values()) if (isKind(object, kind)) yield object;
  }

  endpointSlices(service: ObjectKey): readonly EndpointSlice[] {
    const slices = this.#slices.get(service);
    return slices === undefined ? [] : [...slices].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slice]) => slice);
  }

  put(heard: KubernetesObject): Change {
    const key = keyOf(heard);
    const before = this.get(heard.kind, key);
    const object = before === undefined ? heard : keepEqualParts(before, heard);
    this.#forgetSlice(before);
    this.#objects.set(kindAndKey(object.kind, key), object);
    if (object.kind === "EndpointSlice") {
      const service = `${object.meta.namespace}/${object.serviceName}`;
      const slices = this.#slices.get(service) ?? new Map<string, EndpointSlice>();
      this.#slices.set(service, slices.set(key, object));
    }
    return { kind: object.kind, key, before, after: object };
  }

  remove(kind: Kind, key: ObjectKey): Change {
    const before = this.get(kind, key);
    this.#forgetSlice(before);
    this.#objects.delete(kindAndKey(kind, key));
    return { kind, key, before, after: undefined };
  }

  #forgetSlice(object: KubernetesObject | undefined): void {
    if (object?.kind !== "EndpointSlice") return;
    this.#slices.get(`${object.meta.namespace}/${object.serviceName}`)?.delete(keyOf(object));
  }
}

function isKind<K extends Kind>(object: KubernetesObject, kind: K): object is ObjectOf<K> {
  return object.kind === kind;
}
