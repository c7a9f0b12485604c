import { isDeepStrictEqual } from "node:util";

interface Built<V> {
  readonly id: string;
  readonly value: V;
}

/**
 * The built shards of one kind, and what of them was published. A shard's key never changes; the model id it publishes under may
 * (two backends that compete for one upstream name), so removals are settled before additions.
 */
export class ShardTable<V> {
  readonly #built = new Map<string, Built<V>>();
  readonly #published = new Map<string, V>();
  readonly #removed = new Set<string>();
  readonly #added = new Map<string, V>();

  put(key: string, id: string, value: V): void {
    const before = this.#built.get(key);
    if (before?.id === id && before.value === value) return;
    this.remove(key);
    this.#built.set(key, { id, value });
    this.#added.set(id, value);
  }

  remove(key: string): void {
    const before = this.#built.get(key);
    if (before === undefined) return;
    this.#built.delete(key);
    this.#removed.add(before.id);
    if (this.#added.get(before.id) === before.value) this.#added.delete(before.id);
  }

  keys(): Iterable<string> {
    return this.#built.keys();
  }

  /** What differs from the last flush; null where an id went away. */
  flush(): ReadonlyMap<string, V | null> {
    const delta = new Map<string, V | null>();
    for (const id of this.#removed) {
      if (!this.#added.has(id) && this.#published.delete(id)) delta.set(id, null);
    }
    for (const [id, value] of this.#added) {
      if (isDeepStrictEqual(value, this.#published.get(id))) continue;
      this.#published.set(id, value);
      delta.set(id, value);
    }
    this.#removed.clear();
    this.#added.clear();
    return delta;
  }
}
