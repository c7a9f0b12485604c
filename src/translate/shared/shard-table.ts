import { isDeepStrictEqual } from "node:util";

/** Most kinds are as they were. */
const NOTHING = new Map<string, never>();

interface Built<V> {
  readonly id: string;
  value: V;
}

/**
 * The built shards of one kind, and what of them was published. A shard's key never changes; the model id it publishes under may
 * (two backends that compete for one upstream name), so removals are settled before additions.
 */
export class ShardTable<V> {
  readonly #built = new Map<string, Built<V>>();
  readonly #published = new Map<string, V>();
  readonly #removed = new Set<string>();
  readonly #added = new Map<string, Built<V>>();

  put(key: string, id: string, value: V): void {
    const before = this.#built.get(key);
    if (before?.id === id && before.value === value) return;
    this.remove(key);
    const built = { id, value };
    this.#built.set(key, built);
    this.#added.set(id, built);
  }

  remove(key: string): void {
    const before = this.#built.get(key);
    if (before === undefined) return;
    this.#built.delete(key);
    this.#removed.add(before.id);
    if (this.#added.get(before.id) === before) this.#added.delete(before.id);
  }

  keys(): Iterable<string> {
    return this.#built.keys();
  }

  /** What differs from the last flush; null where an id went away. */
  flush(): ReadonlyMap<string, V | null> {
    if (this.#removed.size === 0 && this.#added.size === 0) return NOTHING;
    const delta = new Map<string, V | null>();
    for (const id of this.#removed) {
      if (!this.#added.has(id) && this.#published.delete(id)) delta.set(id, null);
    }
    for (const [id, built] of this.#added) {
      const published = this.#published.get(id);
      if (published !== undefined && isDeepStrictEqual(built.value, published)) {
        // Not a second copy of the same.
        built.value = published;
        continue;
      }
      this.#published.set(id, built.value);
      delta.set(id, built.value);
    }
    this.#removed.clear();
    this.#added.clear();
    return delta;
  }
}
