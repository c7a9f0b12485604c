import type { IngressPolicy } from "../../annotations/annotations.ts";
import { ok } from "../../lib/result.ts";
import type { FilterKind, Filters } from "../../model/filters/filters.ts";
import type { Problem } from "../../model/problem.ts";
import type { FilterPlace, FilterSource } from "./filter-source.ts";
import { compression } from "./compression.ts";
import { errorPages } from "./error-pages.ts";
import { limits } from "./limits.ts";
import { responseHeaders } from "./response-headers.ts";
import { rewrite } from "./rewrite.ts";
import { tlsRedirect } from "./tls-redirect.ts";

/** Where each filter comes from; `slice` where it is what the annotations say, whatever the place and other objects. */
type FilterSources = { readonly [K in FilterKind]: FilterSource<K> };

const SOURCES: FilterSources = {
  bodyLimit: slice("bodyLimit"),
  cors: slice("cors"),
  tlsRedirect,
  limits,
  rewrite,
  requestHeaders: unasked,
  responseHeaders,
  errorPages,
  compression,
  pace: slice("pace"),
};

const LISTED = Object.entries(SOURCES) as [FilterKind, FilterSource<FilterKind>][];

/** The filters of one route. */
export interface ResolvedFilters {
  readonly filters: Filters;
  /** Not null: access control cannot be resolved, and the route is closed; the text says which. */
  readonly closed: string | null;
  readonly problems: readonly Problem[];
}

/** Makes every filter of a route. One that cannot be resolved is not left out: it closes the route. */
export function resolveFilters(policy: IngressPolicy, place: FilterPlace): ResolvedFilters {
  const filters: Partial<Record<FilterKind, unknown>> = {};
  const problems: Problem[] = [];
  for (const [kind, source] of LISTED) {
    const made = source(policy, place);
    if (!made.ok) problems.push(made.error);
    else if (made.value !== null) filters[kind] = made.value;
  }
  const closed = place.reader.settings.closedReason ?? policy.closed ?? problems[0]?.message ?? null;
  // Each value comes from the source of its kind.
  return { filters: filters as Filters, closed, problems };
}

/** No annotation asks for it. */
function unasked(): ReturnType<FilterSource<never>> {
  return ok(null);
}

type SliceKind = {
  [K in FilterKind & keyof IngressPolicy]: IngressPolicy[K] extends Filters[K] | null ? K : never;
}[FilterKind & keyof IngressPolicy];

function slice<K extends SliceKind>(kind: K): (policy: IngressPolicy) => ReturnType<FilterSource<K>> {
  return (policy) => ok(policy[kind] as Filters[K] | null);
}
