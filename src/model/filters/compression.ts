/** Compresses answers to clients that take it. At least one of the two is there. */
export interface CompressionFilter {
  readonly gzip: CodingSpec | null;
  readonly brotli: CodingSpec | null;
}

export interface CodingSpec {
  /** Effort: 1 to 9 for gzip, 0 to 11 for brotli. */
  readonly level: number;
  /** Shorter answers stay as they are, where their length is known. */
  readonly minLengthBytes: number;
  /** Media types in lower case, besides `text/html`. */
  readonly types: "any" | readonly string[];
}
