import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../../model/problem.ts";
import { formatSource } from "../../model/source.ts";
import type { ShardId } from "./dependencies.ts";

/**
 * Problems by the object they are about (`Ingress shop/web`), although several shards find them. Each shard replaces only what it
 * said itself; `flush` gives the objects whose whole list came out different.
 */
export class ProblemLedger {
  readonly #objectsOf = new Map<ShardId, readonly string[]>();
  readonly #byObject = new Map<string, Map<ShardId, Problem[]>>();
  readonly #published = new Map<string, readonly Problem[]>();
  readonly #dirty = new Set<string>();

  /** Replaces everything the shard said before. */
  record(shard: ShardId, problems: readonly Problem[]): void {
    for (const object of this.#objectsOf.get(shard) ?? []) {
      this.#byObject.get(object)?.delete(shard);
      this.#dirty.add(object);
    }
    this.#objectsOf.delete(shard);
    if (problems.length === 0) return;
    const grouped = Map.groupBy(problems, (problem) => formatSource(problem.source));
    this.#objectsOf.set(shard, [...grouped.keys()]);
    for (const [object, found] of grouped) {
      const shards = this.#byObject.get(object) ?? new Map<ShardId, Problem[]>();
      this.#byObject.set(object, shards.set(shard, found));
      this.#dirty.add(object);
    }
  }

  /** Complete new lists of the objects whose problems changed since the last flush; empty where the last problem went. */
  flush(): ReadonlyMap<string, readonly Problem[]> {
    const changed = new Map<string, readonly Problem[]>();
    for (const object of [...this.#dirty].sort()) {
      const problems = this.#listOf(object);
      if (isDeepStrictEqual(problems, this.#published.get(object) ?? [])) continue;
      changed.set(object, problems);
      if (problems.length === 0) this.#published.delete(object);
      else this.#published.set(object, problems);
    }
    this.#dirty.clear();
    return changed;
  }

  /** In the order of the shards' names, so that it does not tell how the state was reached; the same problem only once. */
  #listOf(object: string): readonly Problem[] {
    const shards = this.#byObject.get(object);
    if (shards === undefined) return [];
    if (shards.size === 0) this.#byObject.delete(object);
    const unique = new Map<string, Problem>();
    for (const shard of [...shards.keys()].sort()) {
      for (const problem of shards.get(shard) ?? []) unique.set(identityOf(problem), problem);
    }
    return [...unique.values()];
  }
}

/** All of it, apart from the object that it is about. Texts in problems hold no control characters. */
function identityOf({ severity, reason, field, value, message, effect, at = "" }: Problem): string {
  return `${reason}\0${field}\0${value}\0${message}\0${severity}\0${effect}\0${at}`;
}
