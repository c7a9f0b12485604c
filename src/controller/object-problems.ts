import type { FieldError } from "../lib/field-error.ts";
import type { ParsedObject } from "../kubernetes/parse-object.ts";
import type { Problem } from "../model/problem.ts";
import type { SourceRef } from "../model/source.ts";

/** The problems of one parsed object. `place` is said before each message, such as `shop.yaml:12:3: `; usually empty. */
export function objectProblems(
  parsed: ParsedObject,
  source: SourceRef,
  place: (error: FieldError) => string,
): readonly Problem[] {
  const wholeObject =
    parsed.object === null ? "; the object is not used (its last good version, if any, stays in force)" : "";
  const errors = parsed.errors.map((error) => ({
    ...problemOf(error, source),
    severity: "error" as const,
    reason: "InvalidObject",
    message: `${place(error)}${error.message}${wholeObject}`,
    effect: "not-served" as const,
  }));
  const warnings = parsed.warnings.map((warning) => ({
    ...problemOf(warning, source),
    severity: "warning" as const,
    reason: "QuestionableField",
    message: `${place(warning)}${warning.message}`,
    effect: "none" as const,
  }));
  return [...errors, ...warnings];
}

function problemOf({ field, value }: FieldError, source: SourceRef): Pick<Problem, "source" | "field" | "value"> {
  return { source, field, value };
}
