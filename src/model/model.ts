import type { Certificate } from "./certificate.ts";
import type { Listener } from "./listener.ts";
import type { RankedGroup } from "./route-group.ts";
import type { ServedSettings } from "./settings.ts";
import type { Socket } from "./socket.ts";
import type { EndpointSet, Upstream } from "./upstream.ts";
import type { UpstreamSecurity } from "./upstream-security.ts";
import type { VirtualHost } from "./virtual-host.ts";

/**
 * THE CONTRACT between the two halves: plain, readonly, structured-cloneable data, sharded so that one changed object replaces
 * only the shards that read it. A shard is never changed, only replaced.
 *
 * The kinds of shards, in the order in which a whole model is sent and printed: what routes refer to comes before them. A new kind is
 * one line here; then the compiler names the tables that lack a row, and everything in `delta.ts`, `model-copy.ts`, `model-hash.ts` and
 * `print-model.ts` has it.
 */
export const SHARDS = {
  settings: one<ServedSettings>(),
  /** Id of the certificate named by `--default-ssl-certificate`; none: the self-signed one. */
  defaultCertificate: one<string>(),
  upstreams: many<Upstream>(),
  endpoints: many<EndpointSet>(),
  certificates: many<Certificate>(),
  upstreamSecurity: many<UpstreamSecurity>(),
  /** All routes of the table of the Ingresses: one group for each host. */
  virtualHosts: many<VirtualHost>(),
  /** Those of all other tables. */
  groups: many<RankedGroup>(),
  listeners: many<Listener>(),
  sockets: many<Socket>(),
};

export type ShardKind = keyof typeof SHARDS;
/** The type of the shards of each kind. */
export type Shards = { readonly [K in ShardKind]: (typeof SHARDS)[K] extends ShardSpec<infer V> ? V : never };

/** What is known of a kind of shards. */
interface ShardSpec<V> {
  /** `one`: there is one shard at most, whose id is `ONLY`. */
  readonly count: "one" | "many";
  /** Never set: for its type alone. */
  readonly shard?: V;
}

/** Id of the shard of a kind that has one at most. */
export const ONLY = "";

/** Shards by kind and id. */
export type Model = { readonly [K in ShardKind]: ReadonlyMap<string, Shards[K]> };

/** Replacements for shards of the model; `null` removes a shard. */
export type ShardChanges = { readonly [K in ShardKind]: ReadonlyMap<string, Shards[K] | null> };

/** A change of the model. Applied whole, in one step: no request sees half of it. */
export interface ModelDelta extends ShardChanges {
  /** Of the model with this delta: higher than that of every delta before. */
  readonly version: number;
}

/** Who takes deltas: the data plane. */
export interface ModelSink {
  apply(delta: ModelDelta): void;
}

function one<V>(): ShardSpec<V> {
  return { count: "one" };
}

function many<V>(): ShardSpec<V> {
  return { count: "many" };
}
