import { keyOf, kindAndKey, objectKey, type ObjectKey } from "../kubernetes/object-key.ts";
import type { EndpointSlice, Kind, KubernetesObject, ObjectOf } from "../kubernetes/objects.ts";
import type { Change, Snapshot } from "../kubernetes/snapshot.ts";
import { keepEqualParts } from "./keep-equal-parts.ts";
import { isOlderVersion } from "./resource-version.ts";
import { isReferencedKind, KINDS, type ReferencedKind } from "./source.ts";

/**
 * The objects in their last known state. Collects what changed since the last `takeChanges`, one `Change` an object however often it
 * changed. Secrets and ConfigMaps that `isReferenced` denies are remembered by key and version only, once `releaseUnreferenced` was called.
 */
export class Store implements Snapshot {
  readonly #objects = new Map<Kind, Map<ObjectKey, KubernetesObject>>(KINDS.map((kind) => [kind, new Map()]));
  /** Key to version of the objects that exist but are not held. */
  readonly #unheld = new Map<Kind, Map<ObjectKey, string>>(KINDS.map((kind) => [kind, new Map()]));
  readonly #slices = new Map<ObjectKey, Map<ObjectKey, EndpointSlice>>();
  readonly #sortedSlices = new Map<ObjectKey, readonly EndpointSlice[]>();
  readonly #changes = new Map<string, Change>();
  /** Objects that something refers to, and of which another version was noted than is held, if any is. */
  readonly #outdated = new Map<string, { readonly kind: ReferencedKind; readonly key: ObjectKey }>();
  /** Objects that a whole state told in an older version than was held: the next read is believed whatever its version. */
  readonly #rolledBack = new Set<string>();
  readonly #isReferenced: (kind: ReferencedKind, key: ObjectKey) => boolean;
  /** Before the first translation nobody knows what is referred to: everything is held. */
  #holdsAll = true;

  constructor(isReferenced: (kind: ReferencedKind, key: ObjectKey) => boolean) {
    this.#isReferenced = isReferenced;
  }

  get<K extends Kind>(kind: K, key: ObjectKey): ObjectOf<K> | undefined {
    const object = this.#ofKind(kind).get(key);
    return object !== undefined && isOfKind(object, kind) ? object : undefined;
  }

  *list<K extends Kind>(kind: K): Iterable<ObjectOf<K>> {
    for (const object of this.#ofKind(kind).values()) if (isOfKind(object, kind)) yield object;
  }

  endpointSlices(service: ObjectKey): readonly EndpointSlice[] {
    const known = this.#sortedSlices.get(service);
    if (known !== undefined) return known;
    const slices = [...(this.#slices.get(service) ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, slice]) => slice);
    this.#sortedSlices.set(service, slices);
    return slices;
  }

  /** Adds or replaces, unless the store knows the same or a newer version. */
  upsert(object: KubernetesObject): void {
    const key = keyOf(object);
    const version = object.meta.resourceVersion;
    const known = this.#ofKind(object.kind).get(key);
    const knownVersion = known?.meta.resourceVersion ?? this.#unheldOf(object.kind).get(key);
    const rolledBack = this.#rolledBack.delete(kindAndKey(object.kind, key));
    if (!rolledBack && knownVersion !== undefined && isOlderVersion(version, knownVersion)) return;
    if (known !== undefined && isSameVersion(known, object)) return;
    this.#put(key, object);
  }

  remove(kind: Kind, key: ObjectKey): void {
    this.#unheldOf(kind).delete(key);
    this.#rolledBack.delete(kindAndKey(kind, key));
    const before = this.#ofKind(kind).get(key);
    if (before === undefined) return;
    this.#ofKind(kind).delete(key);
    this.#unindex(before);
    this.#note(kind, key, before, undefined);
  }

  /**
   * Takes a whole state by its differences. Unlike `upsert` it believes older versions too: a complete list is the truth even
   * after the API server's database was restored from a backup.
   */
  replace(kind: Kind, objects: readonly KubernetesObject[], within: (key: ObjectKey) => boolean): void {
    const keys = new Set<ObjectKey>();
    for (const object of objects) {
      const key = keyOf(object);
      keys.add(key);
      const known = this.#ofKind(kind).get(key);
      if (known === undefined || !isSameVersion(known, object)) this.#put(key, object);
    }
    for (const key of [...this.#ofKind(kind).keys(), ...this.#unheldOf(kind).keys()]) {
      if (!keys.has(key) && within(key)) this.remove(kind, key);
    }
  }

  /** The object exists in this version; where something refers to it and none or an older one is held, it has to be fetched. */
  noteVersion(kind: ReferencedKind, key: ObjectKey, version: string): void {
    const held = this.#ofKind(kind).get(key)?.meta.resourceVersion;
    if (held === undefined) this.#noteUnheld(kind, key, version);
    else if (held !== version && !isOlderVersion(version, held))
      this.#outdated.set(kindAndKey(kind, key), { kind, key });
  }

  /** The whole state of a kind, by key and version; as in `replace`, older versions are believed too. */
  noteVersions(
    kind: ReferencedKind,
    versions: ReadonlyMap<ObjectKey, string>,
    within: (key: ObjectKey) => boolean,
  ): void {
    for (const [key, version] of versions) {
      const held = this.#ofKind(kind).get(key)?.meta.resourceVersion;
      if (held === undefined || !isOlderVersion(version, held)) this.noteVersion(kind, key, version);
      else this.#rollBack(kind, key);
    }
    for (const key of [...this.#ofKind(kind).keys(), ...this.#unheldOf(kind).keys()]) {
      if (!versions.has(key) && within(key)) this.remove(kind, key);
    }
  }

  /** What has to be fetched again; told once. */
  takeOutdated(): readonly { readonly kind: ReferencedKind; readonly key: ObjectKey }[] {
    const outdated = [...this.#outdated.values()];
    this.#outdated.clear();
    return outdated;
  }

  /** True when the object exists but only its key is held. */
  isUnheld(kind: ReferencedKind, key: ObjectKey): boolean {
    return this.#unheldOf(kind).has(key);
  }

  /** Releases what nothing refers to any more, from now on at once. No change is noted: nobody was looking at it. */
  releaseUnreferenced(): void {
    this.#holdsAll = false;
    for (const kind of KINDS) {
      if (!isReferencedKind(kind)) continue;
      for (const [key, object] of this.#ofKind(kind)) {
        if (this.#isReferenced(kind, key)) continue;
        this.#ofKind(kind).delete(key);
        this.#unheldOf(kind).set(key, object.meta.resourceVersion);
      }
    }
  }

  takeChanges(): readonly Change[] {
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    return changes;
  }

  get hasChanges(): boolean {
    return this.#changes.size > 0;
  }

  count(kind: Kind): number {
    return this.#ofKind(kind).size;
  }

  /** Before the first translation nothing is referred to; all that is by then is told as a new reference. */
  #noteUnheld(kind: ReferencedKind, key: ObjectKey, version: string): void {
    this.#unheldOf(kind).set(key, version);
    if (!this.#holdsAll && this.#isReferenced(kind, key)) this.#outdated.set(kindAndKey(kind, key), { kind, key });
  }

  #rollBack(kind: ReferencedKind, key: ObjectKey): void {
    this.#rolledBack.add(kindAndKey(kind, key));
    this.#outdated.set(kindAndKey(kind, key), { kind, key });
  }

  #put(key: ObjectKey, heard: KubernetesObject): void {
    const { kind } = heard;
    const before = this.#ofKind(kind).get(key);
    const object = before === undefined ? heard : keepEqualParts(before, heard);
    if (isReferencedKind(kind) && !this.#holdsAll && !this.#isReferenced(kind, key)) {
      this.#ofKind(kind).delete(key);
      this.#unheldOf(kind).set(key, object.meta.resourceVersion);
      return;
    }
    this.#unheldOf(kind).delete(key);
    this.#ofKind(kind).set(key, object);
    if (before !== undefined) this.#unindex(before);
    this.#index(object);
    this.#note(kind, key, before, object);
  }

  #note(kind: Kind, key: ObjectKey, before: KubernetesObject | undefined, after: KubernetesObject | undefined): void {
    const id = kindAndKey(kind, key);
    const first = this.#changes.get(id);
    const change = { kind, key, before: first === undefined ? before : first.before, after };
    if (change.before === undefined && change.after === undefined) this.#changes.delete(id);
    else this.#changes.set(id, change);
  }

  #index(object: KubernetesObject): void {
    if (object.kind !== "EndpointSlice") return;
    const service = serviceOf(object);
    const slices = this.#slices.get(service) ?? new Map<ObjectKey, EndpointSlice>();
    slices.set(keyOf(object), object);
    this.#slices.set(service, slices);
    this.#sortedSlices.delete(service);
  }

  #unindex(object: KubernetesObject): void {
    if (object.kind !== "EndpointSlice") return;
    const service = serviceOf(object);
    this.#sortedSlices.delete(service);
    const slices = this.#slices.get(service);
    slices?.delete(keyOf(object));
    if (slices?.size === 0) this.#slices.delete(service);
  }

  #ofKind(kind: Kind): Map<ObjectKey, KubernetesObject> {
    return tableOf(this.#objects, kind);
  }

  #unheldOf(kind: Kind): Map<ObjectKey, string> {
    return tableOf(this.#unheld, kind);
  }
}

function tableOf<V>(tables: Map<Kind, Map<ObjectKey, V>>, kind: Kind): Map<ObjectKey, V> {
  const table = tables.get(kind);
  if (table === undefined) throw new Error(`no table for ${kind}`);
  return table;
}

function isOfKind<K extends Kind>(object: KubernetesObject, kind: K): object is ObjectOf<K> {
  return object.kind === kind;
}

function isSameVersion(known: KubernetesObject, object: KubernetesObject): boolean {
  const version = object.meta.resourceVersion;
  return version !== "" && known.meta.resourceVersion === version && known.meta.uid === object.meta.uid;
}

function serviceOf(slice: EndpointSlice): ObjectKey {
  return objectKey(slice.meta.namespace, slice.serviceName);
}
