import type { Fact } from "./facts.ts";

/** Name of one rebuildable piece of the model: its kind, a space, its key. */
export type ShardId = string;

/** Which shard read which facts: the two directions of one relation, kept in step. */
export class Dependencies {
  readonly #factsOf = new Map<ShardId, ReadonlySet<Fact>>();
  readonly #readersOf = new Map<Fact, Set<ShardId>>();

  /** Replaces what the shard is known to have read. */
  record(shard: ShardId, facts: ReadonlySet<Fact>): void {
    this.forget(shard);
    this.#factsOf.set(shard, facts);
    for (const fact of facts) {
      const readers = this.#readersOf.get(fact);
      if (readers === undefined) this.#readersOf.set(fact, new Set([shard]));
      else readers.add(shard);
    }
  }

  forget(shard: ShardId): void {
    for (const fact of this.#factsOf.get(shard) ?? []) {
      const readers = this.#readersOf.get(fact);
      readers?.delete(shard);
      if (readers?.size === 0) this.#readersOf.delete(fact);
    }
    this.#factsOf.delete(shard);
  }

  readersOf(fact: Fact): Iterable<ShardId> {
    return this.#readersOf.get(fact) ?? [];
  }
}
