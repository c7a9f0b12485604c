import type { Problem, ProblemEffect } from "../../model/problem.ts";
import type { SourceRef } from "../../model/source.ts";
import { printable } from "../../lib/printable.ts";

/** What is to be said about one value, before it is known which object and field it stands in. */
export interface Finding {
  readonly severity: Problem["severity"];
  /** One sentence: what is wrong and the way out. */
  readonly message: string;
  /** `null`: what the table says an unusable value costs. */
  readonly effect: ProblemEffect | null;
}

/** The value cannot be used. */
export function unusable(message: string): Finding {
  return { severity: "error", message, effect: null };
}

/** The value cannot be used, and serving the routes without it would be wrong. */
export function closesRoute(message: string): Finding {
  return { severity: "error", message, effect: "closed" };
}

/** The value has no effect. */
export function ignored(message: string): Finding {
  return { severity: "warning", message, effect: "ignored" };
}

/** The value is used, but not as its author may think. */
export function notice(message: string): Finding {
  return { severity: "warning", message, effect: "none" };
}

/** Where a finding belongs. */
export interface Place {
  readonly source: SourceRef;
  readonly field: string;
  readonly value: string;
  readonly reason: string;
}

/** `effect` is used where the finding leaves it open. */
export function toProblem(finding: Finding, place: Place, effect: ProblemEffect): Problem {
  return {
    severity: finding.severity,
    reason: place.reason,
    source: place.source,
    field: place.field,
    value: printable(place.value),
    message: finding.message,
    effect: finding.effect ?? effect,
  };
}
