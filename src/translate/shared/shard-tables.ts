import { eachKind } from "../../model/delta.ts";
import type { ModelDelta, ShardChanges, ShardKind, Shards } from "../../model/model.ts";
import { ShardTable } from "./shard-table.ts";

type Tables = { readonly [K in ShardKind]: ShardTable<Shards[K]> };

/** The built shards of every kind there is. */
export class ShardTables {
  readonly of = eachKind<Tables>(() => new ShardTable<never>());
  #version = 0;

  /** What differs from the last flush, as the next version of the model. */
  flush(): ModelDelta {
    this.#version++;
    const changes = eachKind<ShardChanges>((kind) => this.of[kind].flush());
    return { ...changes, version: this.#version };
  }
}
