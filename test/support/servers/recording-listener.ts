import { kindAndKey, keyOf } from "../../../src/kubernetes/object-key.ts";
import type { Kind, KubernetesObject } from "../../../src/kubernetes/objects.ts";
import type { Problem } from "../../../src/model/problem.ts";
import type { SourceListener } from "../../../src/controller/source.ts";
import { Announcer } from "../waiting/waiting.ts";

/** What a source said, kept as the state it means. */
export class RecordingListener extends Announcer implements SourceListener {
  /** By `Kind namespace/name`. */
  readonly objects = new Map<string, KubernetesObject>();
  /** Version by `Kind namespace/name`, of what is known to exist without its content. */
  readonly sighted = new Map<string, string>();
  readonly syncedKinds = new Set<Kind>();
  readonly problemsByKey = new Map<string, readonly Problem[]>();
  /** One line a call: `replace Service`, `upsert Service shop/web`, `remove …`, `synced …`. */
  readonly calls: string[] = [];

  replace(kind: Kind, objects: readonly KubernetesObject[], within: (key: string) => boolean = () => true): void {
    const kept = new Set(objects.map((object) => kindAndKey(kind, keyOf(object))));
    for (const [id, object] of this.objects) {
      if (object.kind === kind && !kept.has(id) && within(keyOf(object))) this.objects.delete(id);
    }
    for (const object of objects) this.objects.set(kindAndKey(kind, keyOf(object)), object);
    this.#note(`replace ${kind}`);
  }

  upsert(object: KubernetesObject): void {
    const id = kindAndKey(object.kind, keyOf(object));
    this.objects.set(id, object);
    this.#note(`upsert ${id}`);
  }

  remove(kind: Kind, key: string): void {
    this.objects.delete(kindAndKey(kind, key));
    this.sighted.delete(kindAndKey(kind, key));
    this.#note(`remove ${kindAndKey(kind, key)}`);
  }

  noteVersion(kind: Kind, key: string, version: string): void {
    this.sighted.set(kindAndKey(kind, key), version);
    this.#note(`sight ${kindAndKey(kind, key)}`);
  }

  noteVersions(kind: Kind, versions: ReadonlyMap<string, string>, within: (key: string) => boolean): void {
    for (const id of this.sighted.keys()) {
      const key = id.slice(kind.length + 1);
      if (id === kindAndKey(kind, key) && !versions.has(key) && within(key)) this.sighted.delete(id);
    }
    for (const [key, version] of versions) this.sighted.set(kindAndKey(kind, key), version);
    this.#note(`sightAll ${kind}`);
  }

  synced(kind: Kind): void {
    this.syncedKinds.add(kind);
    this.#note(`synced ${kind}`);
  }

  problems(key: string, problems: readonly Problem[]): void {
    if (problems.length === 0) this.problemsByKey.delete(key);
    else this.problemsByKey.set(key, problems);
    this.#note(`problems ${key}`);
  }

  #note(call: string): void {
    this.calls.push(call);
    this.announce();
  }
}
