import type { ModelDelta } from "../../model/model.ts";
import { INGRESS_TABLE, type TableId, tableKind } from "../../model/table.ts";
import type { HostId, VirtualHost } from "../../model/virtual-host.ts";
import { compileHost, compileRankedHost, HostTable } from "../../router/router.ts";
import type { RuntimeHost, RuntimeHosts } from "../request/context.ts";
import { type MergedHost, type PreparedGroups, RankedGroups } from "./ranked-groups.ts";
import type { RouteCompiler } from "./route-compiler.ts";
import { shareHost } from "./shared-parts.ts";

/** What a delta makes of hosts, compiled: nothing of it can fail any more. */
interface PreparedTables {
  readonly virtualHosts: ReadonlyMap<HostId, RuntimeHost | null>;
  readonly groups: PreparedGroups;
  readonly ranked: readonly PreparedHost[];
}

interface PreparedHost {
  readonly table: TableId;
  readonly host: HostId;
  readonly compiled: RuntimeHost | null;
}

/** The hosts and routes of all tables, compiled. */
export class RouteTables {
  /** The hosts of the Ingresses. */
  readonly ingress: RuntimeHosts;
  readonly #ranked = new Map<TableId, RuntimeHosts>();
  readonly #groups: RankedGroups;
  readonly #compiler: RouteCompiler;
  readonly #random: () => number;

  /** `random`: 0 ≤ x < 1. */
  constructor(compiler: RouteCompiler, random: () => number) {
    this.#compiler = compiler;
    this.#random = random;
    this.#groups = new RankedGroups(compiler);
    this.ingress = new HostTable(random(), tableKind(INGRESS_TABLE));
  }

  /** The table of that id at this moment: an empty one where there are no hosts. */
  get(id: TableId): RuntimeHosts {
    return id === INGRESS_TABLE ? this.ingress : (this.#ranked.get(id) ?? NO_HOSTS);
  }

  /** Compiles the hosts that a delta concerns. Changes nothing. */
  prepare(delta: ModelDelta): PreparedTables {
    const virtualHosts = new Map<HostId, RuntimeHost | null>();
    for (const [id, host] of delta.virtualHosts) virtualHosts.set(id, host && this.#compileVirtualHost(host));
    const groups = this.#groups.prepare(delta);
    return { virtualHosts, groups, ranked: groups.hosts.map((host) => this.#compileRanked(host)) };
  }

  /** Takes over what was prepared last. */
  commit({ virtualHosts, groups, ranked }: PreparedTables): void {
    for (const [id, host] of virtualHosts) {
      if (host === null) this.ingress.delete(id);
      else this.ingress.set(host);
    }
    this.#groups.commit(groups);
    for (const { table, host, compiled } of ranked) {
      if (compiled === null) this.#remove(table, host);
      else this.#open(table).set(compiled);
    }
  }

  #compileVirtualHost(host: VirtualHost): RuntimeHost {
    const shared = shareHost(host);
    const hooks = this.#compiler.compileHostHooks(shared.filters);
    return compileHost(shared, (route) => this.#compiler.compile(route, shared), hooks);
  }

  #compileRanked({ table, host, routes }: MergedHost): PreparedHost {
    if (routes.length === 0) return { table, host, compiled: null };
    const payloads = routes.map((payload) => ({ route: payload.route, payload }));
    const hosts = { lessSpecific: (id: HostId) => this.get(table).lessSpecific(id) };
    return { table, host, compiled: compileRankedHost(host, payloads, hosts) };
  }

  #open(id: TableId): RuntimeHosts {
    const table: RuntimeHosts = this.#ranked.get(id) ?? new HostTable(this.#random(), tableKind(id));
    this.#ranked.set(id, table);
    return table;
  }

  #remove(id: TableId, host: HostId): void {
    const table = this.#ranked.get(id);
    table?.delete(host);
    if (table?.size === 0) this.#ranked.delete(id);
  }
}

const NO_HOSTS: RuntimeHosts = new HostTable(0, "ranked");
