import { deltaOf, eachKind, SHARD_KINDS } from "./delta.ts";
import type { Model, ModelDelta, ShardKind, Shards } from "./model.ts";

type MutableModel = { readonly [K in ShardKind]: Map<string, Shards[K]> };

/** The model that deltas add up to. Holds the same objects as the maker of the deltas. */
export class ModelCopy {
  readonly #shards = eachKind<MutableModel>(() => new Map());
  #version: number | null = null;

  /** As it is now; it changes with the next delta. */
  get model(): Model {
    return this.#shards;
  }

  apply(delta: ModelDelta): void {
    for (const kind of SHARD_KINDS) update<Shards[ShardKind]>(this.#shards[kind], delta[kind]);
    this.#version = delta.version;
  }

  /**
   * The whole model as deltas of at most so many shards, kind by kind, so that a large one holds up its sender only piece by piece.
   * Deltas that come in between may be sent in between: in the end everything is as it is then. None before the first delta.
   */
  *pieces(limit: number): Generator<ModelDelta> {
    if (this.#version === null) return;
    yield deltaOf({ version: this.#version });
    for (const kind of SHARD_KINDS) {
      for (const piece of inPieces<Shards[ShardKind]>(this.#shards[kind], limit))
        yield deltaOf({ [kind]: piece, version: this.#version });
    }
  }
}

function update<V>(shards: Map<string, V>, changes: ReadonlyMap<string, V | null>): void {
  for (const [id, shard] of changes) {
    if (shard === null) shards.delete(id);
    else shards.set(id, shard);
  }
}

function* inPieces<V>(shards: ReadonlyMap<string, V>, limit: number): Generator<ReadonlyMap<string, V>> {
  let piece = new Map<string, V>();
  for (const [id, shard] of shards) {
    piece.set(id, shard);
    if (piece.size < limit) continue;
    yield piece;
    piece = new Map();
  }
  if (piece.size > 0) yield piece;
}
