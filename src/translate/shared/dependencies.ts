import type { Fact } from "./facts.ts";

/** Name of one rebuildable piece of the model: its kind, a space, its key. */
export type ShardId = string;

/** Which shard read which facts: the two directions of one relation, kept in step. There are many: most facts have one reader. */
export class Dependencies {
  readonly #factsOf = new Map<ShardId, readonly Fact[]>();
  readonly #readersOf = new Map<Fact, ShardId | Set<ShardId>>();

  /** Replaces what the shard is known to have read. */
  record(shard: ShardId, facts: ReadonlySet<Fact>): void {
    this.forget(shard);
    this.#factsOf.set(shard, [...facts]);
    for (const fact of facts) {
      const readers = this.#readersOf.get(fact);
      if (readers === undefined) this.#readersOf.set(fact, shard);
      else if (typeof readers === "string") this.#readersOf.set(fact, new Set([readers, shard]));
      else readers.add(shard);
    }
  }

  forget(shard: ShardId): void {
    for (const fact of this.#factsOf.get(shard) ?? []) {
      const readers = this.#readersOf.get(fact);
      if (typeof readers === "object") readers.delete(shard);
      if (readers === shard || (typeof readers === "object" && readers.size === 0)) this.#readersOf.delete(fact);
    }
    this.#factsOf.delete(shard);
  }

  readersOf(fact: Fact): Iterable<ShardId> {
    const readers = this.#readersOf.get(fact) ?? [];
    return typeof readers === "string" ? [readers] : readers;
  }
}
