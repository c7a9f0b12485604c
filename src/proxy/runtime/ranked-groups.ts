import type { ModelDelta } from "../../model/model.ts";
import type { RankedGroup } from "../../model/route-group.ts";
import type { TableId } from "../../model/table.ts";
import type { HostId } from "../../model/virtual-host.ts";
import type { RuntimeRoute } from "../request/context.ts";
import type { RouteCompiler } from "./route-compiler.ts";
import { shareParts } from "./shared-parts.ts";

interface RankedRuntimeRoute {
  readonly rank: string;
  readonly compiled: RuntimeRoute;
}

/** A group with its routes compiled: once for all its hosts, and for as long as it is not replaced. */
interface CompiledGroup {
  readonly table: TableId;
  readonly hosts: readonly HostId[];
  readonly routes: readonly RankedRuntimeRoute[];
}

/** One host of a ranked table, as its groups add up to. */
export interface MergedHost {
  readonly table: TableId;
  readonly host: HostId;
  /** In the order of their ranks; none: no group has routes for the host any more. */
  readonly routes: readonly RuntimeRoute[];
}

/** What a delta makes of groups, ready to be taken over. */
export interface PreparedGroups {
  readonly groups: ReadonlyMap<string, CompiledGroup | null>;
  /** Every host that a changed group names or named. */
  readonly hosts: readonly MergedHost[];
}

/** Groups by table, host and id. */
type ByHost<G> = Map<TableId, Map<HostId, Map<string, G>>>;

/** The groups of all ranked tables, and which of them each host has. A change costs what the hosts have that its group names. */
export class RankedGroups {
  readonly #groups = new Map<string, CompiledGroup>();
  readonly #byHost: ByHost<CompiledGroup> = new Map();
  readonly #compiler: RouteCompiler;

  constructor(compiler: RouteCompiler) {
    this.#compiler = compiler;
  }

  /** Compiles the groups of a delta and puts their hosts together. Changes nothing. */
  prepare(delta: Pick<ModelDelta, "groups">): PreparedGroups {
    const groups = new Map<string, CompiledGroup | null>();
    for (const [id, group] of delta.groups) groups.set(id, group && this.#compile(group));
    const hosts: MergedHost[] = [];
    for (const [table, changed] of this.#changesByHost(groups)) {
      for (const [host, changes] of changed) {
        hosts.push({ table, host, routes: merge(this.#byHost.get(table)?.get(host) ?? NONE, changes) });
      }
    }
    return { groups, hosts };
  }

  /** Takes over what was prepared last. */
  commit({ groups }: PreparedGroups): void {
    for (const [id, after] of groups) {
      this.#remove(id);
      if (after === null) continue;
      this.#groups.set(id, after);
      putByHost(this.#byHost, after, id, after);
    }
  }

  /** Null where the group leaves the host. */
  #changesByHost(groups: PreparedGroups["groups"]): ByHost<CompiledGroup | null> {
    const changes: ByHost<CompiledGroup | null> = new Map();
    for (const [id, after] of groups) {
      const before = this.#groups.get(id);
      if (before !== undefined) putByHost(changes, before, id, null);
      if (after !== null) putByHost(changes, after, id, after);
    }
    return changes;
  }

  #compile({ table, hosts, routes }: RankedGroup): CompiledGroup {
    const compiled = routes.map((route) => ({
      rank: route.rank,
      compiled: this.#compiler.compile(shareParts(route), NO_CERTIFICATE),
    }));
    return { table, hosts, routes: compiled };
  }

  #remove(id: string): void {
    const group = this.#groups.get(id);
    if (group === undefined) return;
    this.#groups.delete(id);
    const ofTable = this.#byHost.get(group.table);
    for (const host of group.hosts) {
      const ofHost = ofTable?.get(host);
      ofHost?.delete(id);
      if (ofHost?.size === 0) ofTable?.delete(host);
    }
    if (ofTable?.size === 0) this.#byHost.delete(group.table);
  }
}

const NONE: ReadonlyMap<string, CompiledGroup> = new Map();
/** A host of a ranked table has no certificate: that is the listener's. */
const NO_CERTIFICATE = { certificate: null };

function putByHost<G>(groups: ByHost<G>, { table, hosts }: CompiledGroup, id: string, value: G): void {
  const ofTable = groups.get(table) ?? new Map<HostId, Map<string, G>>();
  groups.set(table, ofTable);
  for (const host of hosts) ofTable.set(host, (ofTable.get(host) ?? new Map<string, G>()).set(id, value));
}

function merge(
  members: ReadonlyMap<string, CompiledGroup>,
  changes: ReadonlyMap<string, CompiledGroup | null>,
): readonly RuntimeRoute[] {
  const routes: RankedRuntimeRoute[] = [];
  for (const [id, group] of members) if (!changes.has(id)) routes.push(...group.routes);
  for (const group of changes.values()) if (group !== null) routes.push(...group.routes);
  return routes.sort(byRank).map(({ compiled }) => compiled);
}

/** Equal ranks are in the order of the routes' ids, so that it does not tell how the state was reached. */
function byRank(a: RankedRuntimeRoute, b: RankedRuntimeRoute): number {
  if (a.rank !== b.rank) return a.rank < b.rank ? -1 : 1;
  return a.compiled.route.id < b.compiled.route.id ? -1 : 1;
}
