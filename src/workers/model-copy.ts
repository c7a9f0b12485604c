import type { ModelDelta } from "../model/model.ts";

/** The model so far, for workers that come later. Holds the same objects as whoever made the deltas. */
export class ModelCopy {
  readonly #virtualHosts: Shards<"virtualHosts"> = new Map();
  readonly #upstreams: Shards<"upstreams"> = new Map();
  readonly #endpoints: Shards<"endpoints"> = new Map();
  readonly #certificates: Shards<"certificates"> = new Map();
  #single: Pick<ModelDelta, "defaultCertificate" | "settings"> | null = null;

  apply(delta: ModelDelta): void {
    update(this.#virtualHosts, delta.virtualHosts);
    update(this.#upstreams, delta.upstreams);
    update(this.#endpoints, delta.endpoints);
    update(this.#certificates, delta.certificates);
    const { defaultCertificate, settings } = delta;
    this.#single = {
      ...this.#single,
      ...(defaultCertificate === undefined ? {} : { defaultCertificate }),
      ...(settings === undefined ? {} : { settings }),
    };
  }

  /**
   * The whole model as deltas of at most so many shards, so that a large one holds up its sender only piece by piece. Deltas
   * that come in between may be sent in between: in the end everything is as it is then. None before the first delta.
   */
  *pieces(limit: number): Generator<ModelDelta> {
    if (this.#single === null) return;
    yield { ...EMPTY, ...this.#single };
    for (const upstreams of inPieces(this.#upstreams, limit)) yield { ...EMPTY, upstreams };
    for (const endpoints of inPieces(this.#endpoints, limit)) yield { ...EMPTY, endpoints };
    for (const certificates of inPieces(this.#certificates, limit)) yield { ...EMPTY, certificates };
    for (const virtualHosts of inPieces(this.#virtualHosts, limit)) yield { ...EMPTY, virtualHosts };
  }
}

type Table = "virtualHosts" | "upstreams" | "endpoints" | "certificates";
type Shards<K extends Table> = ModelDelta[K] extends ReadonlyMap<string, infer V> ? Map<string, NonNullable<V>> : never;

const EMPTY: ModelDelta = {
  virtualHosts: new Map(),
  upstreams: new Map(),
  endpoints: new Map(),
  certificates: new Map(),
};

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
