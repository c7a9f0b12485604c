import { type ObjectSource, KINDS, type ReferencedKind, type SourceListener } from "../../../src/controller/source.ts";
import { keyOf, kindAndKey, type ObjectKey } from "../../../src/kubernetes/object-key.ts";
import type { KubernetesObject } from "../../../src/kubernetes/objects.ts";

/** How a source tells of Secrets and ConfigMaps: by their metadata, as the API server, or whole, as files. */
export const FORMS = ["metadata", "whole"] as const;

/** A cluster in memory and the source that follows it; what is read by name comes after `readMs`, as it is then. */
export class FollowedCluster implements ObjectSource {
  readonly name = "cluster";
  readonly #form: (typeof FORMS)[number];
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #readMs: number;
  #listener: SourceListener | null = null;
  #version = 1_000_000;
  #restored = 0;

  constructor(form: (typeof FORMS)[number], readMs = 1, objects: Iterable<KubernetesObject> = []) {
    this.#form = form;
    this.#readMs = readMs;
    for (const object of objects) this.put(object);
  }

  get objects(): Iterable<KubernetesObject> {
    return this.#objects.values();
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
    this.relist();
    for (const kind of KINDS) listener.synced(kind);
  }

  relist(): void {
    const everywhere = (): boolean => true;
    for (const kind of KINDS) {
      const objects = [...this.#objects.values()].filter((object) => object.kind === kind);
      if (!this.#byMetadata(kind)) this.#listener?.replace(kind, objects);
      else
        this.#listener?.noteVersions(kind, new Map(objects.map((each) => [keyOf(each), versionOf(each)])), everywhere);
    }
  }

  put(object: KubernetesObject): void {
    const meta = { ...object.meta, resourceVersion: String(++this.#version) };
    const stored = { ...object, meta };
    this.#objects.set(kindAndKey(object.kind, keyOf(object)), stored);
    if (this.#byMetadata(stored.kind)) this.#listener?.noteVersion(stored.kind, keyOf(stored), versionOf(stored));
    else this.#listener?.upsert(stored);
  }

  delete(kind: KubernetesObject["kind"], key: ObjectKey): void {
    this.#version++;
    if (this.#objects.delete(kindAndKey(kind, key))) this.#listener?.remove(kind, key);
  }

  /** As from a backup: everything gets a version from before all others. */
  restore(): void {
    this.#version = 1_000_000 - 1000 * ++this.#restored;
    const listener = this.#listener;
    this.#listener = null;
    for (const object of this.#objects.values()) this.put(object);
    this.#listener = listener;
    this.relist();
  }

  tells(): boolean {
    return true;
  }

  async fetch(kind: ReferencedKind, key: ObjectKey): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#readMs));
    const object = this.#objects.get(kindAndKey(kind, key));
    if (object !== undefined) this.#listener?.upsert(object);
  }

  async stop(): Promise<void> {}

  #byMetadata(kind: KubernetesObject["kind"]): kind is ReferencedKind {
    return this.#form === "metadata" && (kind === "Secret" || kind === "ConfigMap");
  }
}

function versionOf(object: KubernetesObject): string {
  return object.meta.resourceVersion;
}
