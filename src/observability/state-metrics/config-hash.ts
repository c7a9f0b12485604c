import { crc32 } from "node:zlib";
import type { ModelDelta } from "../../model/model.ts";

type ShardKind = "virtualHosts" | "upstreams" | "endpoints" | "certificates";
const SHARD_KINDS: readonly ShardKind[] = ["virtualHosts", "upstreams", "endpoints", "certificates"];

/**
 * A number that is equal on every replica serving the same configuration, and that costs only what changed: the shards' own
 * hashes, combined so that their order does not matter. Private keys never enter it: they print as `{}`.
 */
export class ConfigHash {
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
    if (delta.settings !== undefined) this.#replace("settings", delta.settings);
    if (delta.defaultCertificate !== undefined) this.#replace("defaultCertificate", delta.defaultCertificate);
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
