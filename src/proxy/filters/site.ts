import type { RouteAction } from "../../model/route.ts";
import type { CompressionPlaces } from "./compression/places.ts";
import type { Limits } from "./limits/limits.ts";

/** What filters share over all routes: one of each for each data plane. */
export interface FilterServices {
  readonly limits: Limits;
  readonly compressions: CompressionPlaces;
}

/**
 * What a filter may know besides its own data when it is compiled, and nothing else: compiled filters are shared by all routes for which all
 * of this is equal.
 */
export interface FilterSite {
  readonly services: FilterServices;
  readonly action: RouteAction["kind"];
  /** Any backend of the route has session affinity. */
  readonly hasAffinity: boolean;
  /** A certificate is mapped to the host. */
  readonly hasCertificate: boolean;
  /** The route's path. A filter that reads it is compiled for each route anew, which costs memory. */
  readonly path: string;
}
