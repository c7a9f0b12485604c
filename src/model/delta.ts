import { type ModelDelta, ONLY, type ShardChanges, type ShardKind, SHARDS } from "./model.ts";
import type { RouteGroup } from "./route-group.ts";

/** Every kind of shards, in their order. */
export const SHARD_KINDS = Object.keys(SHARDS) as readonly ShardKind[];

/** A record with one value for each kind of shards. */
export function eachKind<T extends Readonly<Record<ShardKind, unknown>>>(make: (kind: ShardKind) => T[ShardKind]): T {
  return Object.fromEntries(SHARD_KINDS.map((kind) => [kind, make(kind)])) as T;
}

/** A delta of these changes and no others; its version is 0 unless given. */
export function deltaOf(changes: Partial<ModelDelta>): ModelDelta {
  return { ...NOTHING, version: 0, ...changes };
}

const NOTHING = eachKind<ShardChanges>(() => new Map());
export const EMPTY_DELTA = deltaOf({});

export function isEmptyDelta(delta: ModelDelta): boolean {
  return SHARD_KINDS.every((kind) => delta[kind].size === 0);
}

/** One delta with the effect of both in turn. */
export function mergeDeltas(first: ModelDelta, second: ModelDelta): ModelDelta {
  const shards = eachKind<ShardChanges>((kind) => mergeShards(first[kind], second[kind]));
  return { ...shards, version: second.version };
}

/** What a delta makes of the shard of a kind that has one at most: undefined where it stays as it is, null where it goes. */
export function onlyShard<V>(shards: ReadonlyMap<string, V>): V | undefined {
  return shards.get(ONLY);
}

/** The shards of a kind that has one at most. */
export function onlyOne<V>(shard: V): ReadonlyMap<string, V> {
  return new Map([[ONLY, shard]]);
}

/** Neither is changed: the maps of a delta may belong to others by then. */
function mergeShards<M extends ReadonlyMap<string, unknown>>(first: M, second: M): M {
  if (first.size === 0) return second;
  return second.size === 0 ? first : (new Map([...first, ...second]) as ReadonlyMap<string, unknown> as M);
}

/** The groups that a delta adds, replaces or (null) removes, whatever table they are in, by their ids. */
export function* changedGroups({
  virtualHosts,
  groups,
}: Pick<ShardChanges, "virtualHosts" | "groups">): Generator<readonly [id: string, group: RouteGroup | null]> {
  yield* virtualHosts;
  yield* groups;
}
