import type { SourceRef } from "./source.ts";

/** What a problem costs. Nothing else than this is affected. */
export type ProblemEffect =
  /** Works, but differently from what the text says. */
  | "none"
  /** The setting has no effect; the default applies. */
  | "ignored"
  /** The rule, path or object is not served at all. */
  | "not-served"
  /** The routes answer 503, because access control could not be resolved. */
  | "closed";

/** Bad or questionable configuration, as a value. Becomes a log line, an Event and a metric. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** CamelCase word for the Event, such as `AnnotationParsingFailed`. */
  readonly reason: string;
  readonly source: SourceRef;
  /** JSON path of the field inside the object; empty when the whole object is meant. */
  readonly field: string;
  /** The offending value, cut to 200 characters, control characters escaped; empty when secret or absent. */
  readonly value: string;
  /** One sentence that says what is wrong and the way out. */
  readonly message: string;
  readonly effect: ProblemEffect;
  /** `file:line:column`, where the object comes from a file and who found the problem knew the place. */
  readonly at?: string;
}
