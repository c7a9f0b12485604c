import { printable } from "../../lib/printable.ts";
import type { Problem, ProblemEffect } from "../../model/problem.ts";
import type { SourceRef } from "../../model/source.ts";

/** Where a problem lies and what stands there. */
export interface Place {
  readonly source: SourceRef;
  readonly field: string;
  readonly value: string;
}

/** Something is served less, or not as its author can expect. */
export function errorAt(place: Place, reason: string, effect: ProblemEffect, message: string): Problem {
  return { severity: "error", reason, ...place, value: printable(place.value), message, effect };
}

/** Something works, but probably not as its author thinks. */
export function warningAt(place: Place, reason: string, effect: ProblemEffect, message: string): Problem {
  return { severity: "warning", reason, ...place, value: printable(place.value), message, effect };
}
