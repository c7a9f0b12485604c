import { keyOf, objectKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { EndpointSlice, Kind, KubernetesObject, Service } from "../../kubernetes/objects.ts";
import type { ObjectSource, SourceListener } from "../../controller/controller.ts";
import type { DemoPool } from "./demo-pool.ts";

export interface DemoOptions {
  /** True for Services whose endpoints are given by `--map`: they get no echo backends. */
  readonly isMapped: (service: ObjectKey) => boolean;
  readonly pool: DemoPool;
}

/**
 * A source around another one: passes everything on, and gives each Service that has no endpoints of its own (no EndpointSlice,
 * no ExternalName, no `--map`) echo backends with EndpointSlices, live as Services come and go.
 */
export class DemoSource implements ObjectSource {
  readonly name: string;
  readonly #inner: ObjectSource;
  readonly #options: DemoOptions;
  readonly #services = new Map<ObjectKey, Service>();
  /** Slice key to Service key, for the slices of the inner source. */
  readonly #ownSlices = new Map<ObjectKey, ObjectKey>();
  readonly #published = new Map<ObjectKey, readonly EndpointSlice[]>();
  readonly #dirty = new Set<ObjectKey>();
  #listener: SourceListener | null = null;
  #slicesSynced = false;
  #servicesSynced = false;
  #settling: Promise<void> | null = null;

  constructor(inner: ObjectSource, options: DemoOptions) {
    this.name = inner.name;
    this.#inner = inner;
    this.#options = options;
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
    this.#inner.start({
      replace: (kind, objects, within) => this.#replace(kind, objects, within),
      upsert: (object) => {
        listener.upsert(object);
        this.#note(object);
      },
      remove: (kind, key) => {
        listener.remove(kind, key);
        this.#forget(kind, key);
      },
      noteVersion: (kind, key, version) => listener.noteVersion(kind, key, version),
      noteVersions: (kind, versions, within) => listener.noteVersions(kind, versions, within),
      synced: (kind) => this.#synced(kind),
      problems: (key, problems) => listener.problems(key, problems),
    });
  }

  tells(kind: Parameters<ObjectSource["tells"]>[0]): boolean {
    return this.#inner.tells(kind);
  }

  fetch(...request: Parameters<ObjectSource["fetch"]>): Promise<void> {
    return this.#inner.fetch(...request);
  }

  async stop(): Promise<void> {
    this.#listener = null;
    await this.#inner.stop();
    await this.#settling;
    await this.#options.pool.close();
  }

  #replace(kind: Kind, objects: readonly KubernetesObject[], within?: (key: ObjectKey) => boolean): void {
    const demo = kind === "EndpointSlice" ? [...this.#published.values()].flat() : [];
    this.#listener?.replace(kind, [...objects, ...demo], within);
    const kept = new Set(objects.map(keyOf));
    const known = kind === "Service" ? this.#services : this.#ownSlices;
    if (kind === "Service" || kind === "EndpointSlice") {
      for (const key of known.keys()) if (!kept.has(key) && (within?.(key) ?? true)) this.#forget(kind, key);
    }
    for (const object of objects) this.#note(object);
  }

  #note(object: KubernetesObject): void {
    if (object.kind === "Service") {
      this.#services.set(keyOf(object), object);
      this.#touch(keyOf(object));
    }
    if (object.kind === "EndpointSlice") {
      this.#forget("EndpointSlice", keyOf(object));
      const service = objectKey(object.meta.namespace, object.serviceName);
      this.#ownSlices.set(keyOf(object), service);
      this.#touch(service);
    }
  }

  #forget(kind: Kind, key: ObjectKey): void {
    if (kind === "Service" && this.#services.delete(key)) this.#touch(key);
    if (kind !== "EndpointSlice") return;
    const service = this.#ownSlices.get(key);
    this.#ownSlices.delete(key);
    if (service !== undefined) this.#touch(service);
  }

  /** The first endpoints are only complete with the backends: otherwise the first requests would be answered 503. */
  #synced(kind: Kind): void {
    if (kind === "Service") this.#servicesSynced = true;
    if (kind === "EndpointSlice") this.#slicesSynced = true;
    else this.#listener?.synced(kind);
    if (this.#servicesSynced && this.#slicesSynced) this.#settle();
  }

  #touch(service: ObjectKey): void {
    this.#dirty.add(service);
    if (this.#servicesSynced && this.#slicesSynced) this.#settle();
  }

  #settle(): void {
    this.#settling ??= this.#settleAll().finally(() => {
      this.#settling = null;
      if (this.#dirty.size > 0 && this.#listener !== null) this.#settle();
    });
  }

  async #settleAll(): Promise<void> {
    for (const key of this.#dirty) {
      if (this.#listener === null) return;
      this.#dirty.delete(key);
      await this.#settleService(key);
    }
    this.#listener?.synced("EndpointSlice");
  }

  async #settleService(key: ObjectKey): Promise<void> {
    const service = this.#services.get(key);
    const wanted = service !== undefined && this.#needsBackends(key, service) ? service : null;
    const slices = await this.#options.pool.slicesFor(key, wanted);
    const before = this.#published.get(key) ?? [];
    if (slices.length === 0) this.#published.delete(key);
    else this.#published.set(key, slices);
    const kept = new Set(slices.map(keyOf));
    for (const slice of before) if (!kept.has(keyOf(slice))) this.#listener?.remove("EndpointSlice", keyOf(slice));
    for (const slice of slices) if (!before.includes(slice)) this.#listener?.upsert(slice);
  }

  #needsBackends(key: ObjectKey, service: Service): boolean {
    if (service.type === "ExternalName" || this.#options.isMapped(key)) return false;
    return ![...this.#ownSlices.values()].includes(key);
  }
}
