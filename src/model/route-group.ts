import type { Route } from "./route.ts";
import type { TableId } from "./table.ts";
import type { HostId, VirtualHost } from "./virtual-host.ts";

/**
 * Routes of one source object for hosts of a ranked table. Other groups may have routes for the same hosts: so a change of one object among
 * a thousand on one host is one small shard, and the data plane puts the host's groups together.
 */
export interface RankedGroup {
  /** With a slash in it, such as `<kind>/<namespace>/<name>@<table>`: never that of a virtual host. */
  readonly id: string;
  /** Not that of the Ingresses, whose hosts are each one group (`VirtualHost`). */
  readonly table: TableId;
  /** Canonical hosts, wildcards of any depth, or `_` for whatever host. */
  readonly hosts: readonly HostId[];
  readonly routes: readonly RankedRoute[];
}

interface RankedRoute extends Route {
  /**
   * Of the routes of one host that match a request, the one with the lowest text (by UTF-16 units) serves it. It is made from all that
   * decides: an exact path is before a prefix, a longer prefix before a shorter one, an older object before a younger one, and so on.
   */
  readonly rank: string;
}

/** Routes that change together. */
export type RouteGroup = VirtualHost | RankedGroup;
