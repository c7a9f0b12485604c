/** What a request must be, besides its path, for a route to take it. */
export interface RouteMatch {
  /** In capitals, compared exactly; null: any. */
  readonly method: string | null;
  /**
   * All must hold. The values of several fields of one name are joined by `,`. Names in any case; of two conditions on one name only the
   * first counts.
   */
  readonly headers: readonly ValueMatch[];
  /** All must hold, of the first parameter of each name, decoded as in a form. Of two conditions on one name only the first counts. */
  readonly query: readonly ValueMatch[];
  /** Among routes of one path that ask for equally much: the lowest is tried first. */
  readonly priority: number;
}

/** A condition on a header field or a query parameter, which must be there. */
export interface ValueMatch {
  readonly name: string;
  /** `regex`: RE2 syntax, case-sensitive, matched against the whole value. One that cannot be used closes its route in translation. */
  readonly kind: "exact" | "regex";
  readonly value: string;
}
