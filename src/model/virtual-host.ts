import type { HostFilters } from "./filters/host-filters.ts";
import type { Route } from "./route.ts";

/** Key of a host in its table: a canonical host (`shop.example.com`), a wildcard (`*.example.com`) or `_`. */
export type HostId = string;

/** The default server: what no other host matches (ingress-nginx's server `_`). */
export const DEFAULT_HOST: HostId = "_";

/** A host of the table of the Ingresses, with everything it has: the unit of change there. */
export interface VirtualHost {
  readonly id: HostId;
  /**
   * True when any location of the host uses a regex or a rewrite: then every path of the host is a case-insensitive regex,
   * anchored only at its start, tried in the order of `routes`.
   */
  readonly regexMode: boolean;
  /**
   * In match order for regex mode: raw path string descending by length (stable after a descending sort by text). Paths are
   * unique by (type, canonical path), unless `match` tells routes apart. Always ends with a route for Prefix `/`. On a plain host the order
   * counts for covers only, and among routes of one path that ask for equally much.
   */
  readonly routes: readonly Route[];
  /**
   * Certificate for SNI and for the `ssl-redirect` test: an id of the model's certificates, `"default"` when TLS is asked for
   * but the default certificate serves it, or `null` when no TLS section covers the host.
   */
  readonly certificate: string | null;
  readonly filters: HostFilters;
}
