import type { ObjectKey } from "./object-key.ts";
import type { EndpointSlice, Kind, KubernetesObject, ObjectOf } from "./objects.ts";

/** A consistent view of the objects: nothing changes in it while a translation reads it. Implemented by the controller's store. */
export interface Snapshot {
  get<K extends Kind>(kind: K, key: ObjectKey): ObjectOf<K> | undefined;
  list<K extends Kind>(kind: K): Iterable<ObjectOf<K>>;
  /** Every slice of one Service (key `namespace/name`), in a stable order. */
  endpointSlices(service: ObjectKey): readonly EndpointSlice[];
}

/** True where an object was deleted and made again under the same name: a watcher of the first has not seen the second. */
export function isReplacement({ before, after }: Change): boolean {
  return before !== undefined && after !== undefined && before.meta.uid !== after.meta.uid;
}

/** One object before and after. `before` undefined: added; `after` undefined: removed. Never both. */
export interface Change {
  readonly kind: Kind;
  readonly key: ObjectKey;
  readonly before: KubernetesObject | undefined;
  readonly after: KubernetesObject | undefined;
}
