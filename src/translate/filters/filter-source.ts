import type { IngressPolicy } from "../../annotations/annotations.ts";
import type { Result } from "../../lib/result.ts";
import type { FilterKind, Filters } from "../../model/filters/filters.ts";
import type { Problem } from "../../model/problem.ts";
import type { SourceRef } from "../../model/source.ts";
import { errorAt } from "../shared/problem-at.ts";
import type { TrackedReader } from "../shared/tracked-reader.ts";

/** Where a filter is made: what may matter besides the slice of policy. */
export interface FilterPlace {
  /** The window to other objects. */
  readonly reader: TrackedReader;
  /** The object whose policy it is. */
  readonly source: SourceRef;
  /** The rule's path. */
  readonly path: string;
  /** What the whole path is replaced by; null where nothing is rewritten. */
  readonly rewriteTarget: string | null;
}

/**
 * Makes one filter of a route: its spec, null where it is off, or the problem where it cannot be resolved, such as a Secret that is not
 * there. A filter that guards must never be null for such a reason: the route is closed instead.
 */
export type FilterSource<K extends FilterKind> = (
  policy: IngressPolicy,
  place: FilterPlace,
) => Result<Filters[K] | null, Problem>;

/** Why a filter cannot be made, told at the annotation that asks for it. */
export function unresolved(
  place: FilterPlace,
  annotation: { readonly name: string; readonly value: string },
  why: string,
): Problem {
  const key = `${place.reader.options.annotationsPrefix}/${annotation.name}`;
  const at = { source: place.source, field: `metadata.annotations[${key}]`, value: annotation.value };
  return errorAt(at, "AnnotationUnresolved", "closed", `${key}: ${why}; the routes answer 503 until that is put right`);
}
