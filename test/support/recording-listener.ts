import { kindAndKey, keyOf } from "../../src/kubernetes/object-key.ts";
import type { Kind, KubernetesObject } from "../../src/kubernetes/objects.ts";
import type { Problem } from "../../src/model/problem.ts";
import type { SourceListener } from "../../src/controller/source.ts";

/** What a source said, kept as the state it means. */
export class RecordingListener implements SourceListener {
  /** By `Kind namespace/name`. */
  readonly objects = new Map<string, KubernetesObject>();
  readonly syncedKinds = new Set<Kind>();
  readonly problemsByKey = new Map<string, readonly Problem[]>();
  /** One line a call: `replace Service`, `upsert Service shop/web`, `remove …`, `synced …`. */
  readonly calls: string[] = [];
  readonly #waiting = new Set<() => void>();

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
    this.#note(`remove ${kindAndKey(kind, key)}`);
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

  /** Resolves as soon as the test holds, looked at after each call; rejects after the limit. */
  async until(test: () => boolean, what: string, limitMs = 10_000): Promise<void> {
    if (test()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => (test() ? resolve() : undefined);
    const timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms in vain: ${what}`)), limitMs);
    this.#waiting.add(look);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  #note(call: string): void {
    this.calls.push(call);
    for (const look of this.#waiting) look();
  }
}
