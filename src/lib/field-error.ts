/** What is wrong with one field of one object, and the way out of it. */
export interface FieldError {
  /** JSON path of the field, such as `spec.rules[0].http.paths[1].pathType`. */
  readonly field: string;
  /** The offending value as text, cut to 200 characters with control characters escaped; empty when it is secret or absent. */
  readonly value: string;
  /** One sentence: what was expected, and what to do. */
  readonly message: string;
}
