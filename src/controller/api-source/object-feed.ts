import { kindAndKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { KubernetesObject } from "../../kubernetes/objects.ts";
import type { Problem } from "../../model/problem.ts";
import type { ReferencedKind, SourceListener } from "../source.ts";
import { type ReadObject, readApiObject } from "./object-reader.ts";
import type { WatchTarget } from "./targets.ts";
import { VersionGate } from "./version-gate.ts";

export interface FeedOptions {
  readonly target: WatchTarget;
  readonly listener: SourceListener;
  /** False hides the object from the listener. */
  readonly accepts: (object: KubernetesObject) => boolean;
  /** The same for a Secret or ConfigMap of which only the key is known. */
  readonly acceptsKey: (kind: ReferencedKind, key: ObjectKey) => boolean;
}

/** What the news of one watch target mean to the listener. */
export interface Feed {
  /** An item of a list, or the object of an event. */
  read(json: unknown): ReadObject;
  replace(items: readonly ReadObject[], listVersion: string): void;
  change(item: ReadObject): void;
  delete(item: ReadObject): void;
  /** A whole object that was asked for by its name. */
  fetched(json: unknown): void;
  /** It was asked for by its name and does not exist, and no watch would tell. */
  missing(key: ObjectKey): void;
  /** From now on no list and no watch tells anything: what they told says nothing about what is read. */
  notTold(): void;
}

/** What lists and events of one watch target mean to the listener: only news, only accepted objects, and their problems. */
export class ObjectFeed implements Feed {
  readonly #options: FeedOptions;
  readonly #gate = new VersionGate();
  readonly #reported = new Set<ObjectKey>();
  /** Ingresses of which a good version was heard. */
  readonly #good = new Set<ObjectKey>();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  read(json: unknown): ReadObject {
    return readApiObject(json, this.#options.target.kind);
  }

  /** A complete list. An object that cannot be read is not a deleted one: its last good version stays. */
  replace(items: readonly ReadObject[], listVersion: string): void {
    const { target, listener, accepts } = this.#options;
    const usable = items.map((item) => ({ key: item.key, object: this.#usable(item) }));
    const readable = usable.flatMap(({ object }) => (object === null ? [] : [object]));
    const unreadable = new Set(usable.filter(({ object }) => object === null).map(({ key }) => key));
    this.#gate.reset(
      listVersion,
      items.map((item) => [item.key, item.version]),
    );
    listener.replace(target.kind, readable.filter(accepts), (key) => target.within(key) && !unreadable.has(key));
    const present = new Set(items.map((item) => item.key));
    for (const key of this.#good) if (!present.has(key)) this.#good.delete(key);
    for (const key of this.#reported) if (!present.has(key)) this.#report(key, []);
    for (const item of items) this.#report(item.key, item.problems);
  }

  change(item: ReadObject): void {
    if (this.#gate.admit(item.key, item.version)) this.#offer(item);
  }

  /** From elsewhere than the watch: the listener keeps what is newer. */
  fetched(json: unknown): void {
    this.#offer(this.read(json));
  }

  #offer(item: ReadObject): void {
    const { listener, accepts } = this.#options;
    const object = this.#usable(item);
    if (object !== null && accepts(object)) listener.upsert(object);
    this.#report(item.key, item.problems);
  }

  missing(key: ObjectKey): void {
    this.#good.delete(key);
    this.#options.listener.remove(this.#options.target.kind, key);
    this.#report(key, []);
  }

  notTold(): void {
    this.#gate.reset("0", []);
  }

  delete(item: ReadObject): void {
    if (!this.#gate.admitDeletion(item.key, item.version)) return;
    this.#good.delete(item.key);
    this.#options.listener.remove(this.#options.target.kind, item.key);
    this.#report(item.key, []);
  }

  /** The object, or what of it is to be closed; null where the listener has a good version of it. */
  #usable({ key, object, closed }: ReadObject): KubernetesObject | null {
    if (object?.kind === "Ingress") this.#good.add(key);
    return object ?? (this.#good.has(key) ? null : closed);
  }

  #report(key: ObjectKey, problems: readonly Problem[]): void {
    if (problems.length === 0 && !this.#reported.delete(key)) return;
    if (problems.length > 0) this.#reported.add(key);
    this.#options.listener.problems(kindAndKey(this.#options.target.kind, key), problems);
  }
}
