import { kindAndKey, objectKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import type { ReferencedKind, SourceListener } from "../source.ts";
import type { Feed, FeedOptions } from "./object-feed.ts";
import { type ReadObject, readApiObject } from "./object-reader.ts";
import { VersionGate } from "./version-gate.ts";

/**
 * What lists and events of Secrets and ConfigMaps mean, of which only the metadata is asked for: that they exist, in some version. Who
 * refers to one fetches it.
 */
export class MetadataFeed implements Feed {
  readonly #kind: ReferencedKind;
  readonly #options: FeedOptions;
  readonly #gate = new VersionGate();
  /** Whose content had something wrong when it was fetched. */
  readonly #reported = new Set<ObjectKey>();

  constructor(kind: ReferencedKind, options: FeedOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  read(json: unknown): ReadObject {
    const meta = isRecord(json) && isRecord(json["metadata"]) ? json["metadata"] : {};
    const key = objectKey(textOf(meta["namespace"]), textOf(meta["name"]));
    return { key, version: textOf(meta["resourceVersion"]), object: null, closed: null, problems: [] };
  }

  replace(items: readonly ReadObject[], listVersion: string): void {
    const { listener, target } = this.#options;
    const versions = new Map(items.map(({ key, version }) => [key, version]));
    this.#gate.reset(listVersion, versions);
    const accepted = [...versions].filter(([key]) => this.#accepts(key));
    listener.noteVersions(this.#kind, new Map(accepted), (key) => target.within(key));
    for (const key of this.#reported) if (!versions.has(key)) this.#clear(listener, key);
  }

  change({ key, version }: ReadObject): void {
    if (!this.#gate.admit(key, version) || !this.#accepts(key)) return;
    this.#options.listener.noteVersion(this.#kind, key, version);
  }

  fetched(json: unknown): void {
    const { listener, accepts } = this.#options;
    const { key, version, object, problems } = readApiObject(json, this.#kind);
    if (this.#gate.isGone(key, version)) return;
    if (object !== null && accepts(object)) listener.upsert(object);
    if (problems.length === 0) return this.#clear(listener, key);
    this.#reported.add(key);
    listener.problems(kindAndKey(this.#kind, key), problems);
  }

  missing(key: ObjectKey): void {
    this.#options.listener.remove(this.#kind, key);
    this.#clear(this.#options.listener, key);
  }

  notTold(): void {
    this.#gate.reset("0", []);
  }

  delete({ key, version }: ReadObject): void {
    if (!this.#gate.admitDeletion(key, version)) return;
    this.#options.listener.remove(this.#kind, key);
    this.#clear(this.#options.listener, key);
  }

  #accepts(key: ObjectKey): boolean {
    return this.#options.acceptsKey(this.#kind, key);
  }

  #clear(listener: SourceListener, key: ObjectKey): void {
    if (this.#reported.delete(key)) listener.problems(kindAndKey(this.#kind, key), []);
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
