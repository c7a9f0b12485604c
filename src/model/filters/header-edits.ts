/** Changes to the fields of a request's or a response's head. Names in any case; no name is in two of the lists. */
export interface HeaderEdits {
  /** Take the place of every field of that name. */
  readonly set: readonly (readonly [name: string, value: string])[];
  /** Come beside what is there. */
  readonly add: readonly (readonly [name: string, value: string])[];
  readonly remove: readonly string[];
}
