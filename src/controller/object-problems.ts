import type { FieldError } from "../lib/field-error.ts";
import type { ParsedObject } from "../kubernetes/parse-object.ts";
import type { Problem } from "../model/problem.ts";
import type { SourceRef } from "../model/source.ts";

/** The problems of one parsed object. `placeOf` gives `file:line:column`, where the object comes from a file. */
export function objectProblems(
  parsed: ParsedObject,
  source: SourceRef,
  placeOf: ((error: FieldError) => string) | null,
): readonly Problem[] {
  const wholeObject =
    parsed.object !== null
      ? ""
      : parsed.closed === null
        ? "; the object is not used (its last good version, if any, stays in force)"
        : "; the object is not used (its last good version stays in force; without one its paths answer 503)";
  const errors = parsed.errors.map((error) => ({
    ...problemOf(error, source, placeOf),
    severity: "error" as const,
    reason: "InvalidObject",
    message: `${error.message}${wholeObject}`,
    effect: "not-served" as const,
  }));
  const warnings = parsed.warnings.map((warning) => ({
    ...problemOf(warning, source, placeOf),
    severity: "warning" as const,
    reason: "QuestionableField",
    message: warning.message,
    effect: "none" as const,
  }));
  return [...errors, ...warnings];
}

function problemOf(
  error: FieldError,
  source: SourceRef,
  placeOf: ((error: FieldError) => string) | null,
): Pick<Problem, "source" | "field" | "value" | "at"> {
  const { field, value } = error;
  return { source, field, value, ...(placeOf === null ? {} : { at: placeOf(error) }) };
}
