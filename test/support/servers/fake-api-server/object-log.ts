import { randomUUID } from "node:crypto";
import { apiVersionOf, type FakeResource } from "./resources.ts";

/** An object as it travels. */
export interface FakeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: FakeMeta;
  readonly [field: string]: unknown;
}

interface FakeMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly uid?: string;
  readonly creationTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** One change, with the object before it, so that selector watches can tell who left. */
export interface LogEntry {
  readonly version: number;
  readonly resource: FakeResource;
  readonly before: FakeObject | null;
  readonly after: FakeObject | null;
}

/** The database: the current objects and the log of changes since the last compaction. */
export class ObjectLog {
  readonly #objects = new Map<string, FakeObject>();
  readonly #listeners = new Set<(entry: LogEntry) => void>();
  #entries: LogEntry[] = [];
  #version = 100;
  #compacted = 100;

  get version(): number {
    return this.#version;
  }

  /** Watches from before this version get 410. */
  get compactedVersion(): number {
    return this.#compacted;
  }

  compact(): void {
    this.#compacted = this.#version;
    this.#entries = [];
  }

  get(resource: FakeResource, namespace: string, name: string): FakeObject | undefined {
    return this.#objects.get(idOf(resource, namespace, name));
  }

  /** In the order of namespace and name. */
  list(resource: FakeResource, namespace: string): readonly FakeObject[] {
    const prefix = `${resource.plural}|`;
    return [...this.#objects]
      .filter(([id]) => id.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
      .filter((object) => namespace === "" || object.metadata.namespace === namespace);
  }

  /** Creates or replaces; returns what was stored. The same content again is no change. */
  put(resource: FakeResource, namespace: string, given: FakeObject): FakeObject {
    const object = resource.kind === "Secret" ? withEncodedData(given) : given;
    const { name } = object.metadata;
    const before = this.get(resource, namespace, name) ?? null;
    if (before !== null && sameContent(before, object)) return before;
    this.#version++;
    const metadata: FakeMeta = {
      ...object.metadata,
      name,
      ...(resource.namespaced ? { namespace } : {}),
      uid: before?.metadata.uid ?? randomUUID(),
      creationTimestamp: before?.metadata.creationTimestamp ?? object.metadata.creationTimestamp ?? nowText(),
      resourceVersion: String(this.#version),
    };
    const after: FakeObject = { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
    this.#objects.set(idOf(resource, namespace, name), after);
    this.#append({ version: this.#version, resource, before, after });
    return after;
  }

  delete(resource: FakeResource, namespace: string, name: string): FakeObject | null {
    const before = this.get(resource, namespace, name);
    if (before === undefined) return null;
    this.#version++;
    this.#objects.delete(idOf(resource, namespace, name));
    this.#append({ version: this.#version, resource, before, after: null });
    return before;
  }

  since(version: number): readonly LogEntry[] {
    return this.#entries.filter((entry) => entry.version > version);
  }

  /** Returns the function that ends it. */
  follow(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #append(entry: LogEntry): void {
    this.#entries.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }
}

function idOf(resource: FakeResource, namespace: string, name: string): string {
  return `${resource.plural}|${resource.namespaced ? namespace : ""}|${name}`;
}

/** As the real server does it: `stringData` can only be written, and is read as `data`. */
function withEncodedData({ stringData, ...object }: FakeObject): FakeObject {
  if (typeof stringData !== "object" || stringData === null) return object;
  const added = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString("base64")]);
  return { ...object, data: { ...recordOf(object["data"]), ...Object.fromEntries(added) } };
}

function nowText(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function sameContent(a: FakeObject, b: FakeObject): boolean {
  return contentText(a) === contentText(b);
}

function contentText({ apiVersion: _version, kind: _kind, metadata, ...rest }: FakeObject): string {
  const { uid: _uid, resourceVersion: _rv, creationTimestamp: _created, namespace: _namespace, ...meta } = metadata;
  return JSON.stringify([meta, rest]);
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
