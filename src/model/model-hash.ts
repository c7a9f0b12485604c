import { crc32 } from "node:zlib";
import { SHARD_KINDS } from "./delta.ts";
import type { ModelDelta } from "./model.ts";

/**
 * A number that is equal on every replica serving the same configuration, and that costs only what changed: the shards' own
 * hashes, combined so that their order does not matter. Private keys never enter it: they print as `{}`.
 */
export class ModelHash {
  readonly #shards = new Map<string, number>();
  #combined = 0;

  /** 0…2³²−1. */
  get value(): number {
    return this.#combined >>> 0;
  }

  apply(delta: ModelDelta): void {
    for (const kind of SHARD_KINDS) {
      for (const [id, shard] of delta[kind]) this.#replace(`${kind} ${id}`, shard);
    }
  }

  #replace(key: string, shard: unknown): void {
    this.#combined ^= this.#shards.get(key) ?? 0;
    if (shard === null) {
      this.#shards.delete(key);
      return;
    }
    const hash = crc32(`${key} ${JSON.stringify(shard)}`);
    this.#shards.set(key, hash);
    this.#combined ^= hash;
  }
}
