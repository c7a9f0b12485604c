import type { Filters } from "../../model/filters/filters.ts";
import type { VirtualHost } from "../../model/virtual-host.ts";

const LIMIT = 4096;
const known = new Map<string, Filters>();

/**
 * The host with filters that are one object wherever they are equal, as they are for most routes: so they are in the caches when a
 * route is asked that was not asked in a while, and thousands of routes take little memory.
 */
export function withSharedFilters(host: VirtualHost): VirtualHost {
  return { ...host, routes: host.routes.map((route) => ({ ...route, filters: shared(route.filters) })) };
}

function shared(filters: Filters): Filters {
  const key = JSON.stringify(filters);
  const same = known.get(key);
  if (same !== undefined) return same;
  if (known.size >= LIMIT) known.clear();
  known.set(key, filters);
  return filters;
}
