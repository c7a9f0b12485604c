import type { AffinityFilter } from "../model/filters.ts";
import type { SendPlan, Stick } from "../upstream/upstream.ts";

/** Where a request goes. */
export interface Selection {
  readonly plan: SendPlan;
  /** Null when the upstream is balanced without a cookie. */
  readonly sticky: Sticky | null;
}

export interface Sticky {
  readonly filter: AffinityFilter;
  readonly stick: Stick;
}
