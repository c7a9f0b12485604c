import type { AppRootFilter } from "./app-root.ts";

/** Every filter of a whole host. A line here makes the proxy's table of them fail to compile until it has its row. */
interface HostFilterSpecs {
  appRoot: AppRootFilter;
}

export type HostFilterKind = keyof HostFilterSpecs;

/** What a host does with its requests before any location is looked up. Absent is off. */
export type HostFilters = { readonly [K in HostFilterKind]?: HostFilterSpecs[K] };
