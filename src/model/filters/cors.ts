/** Answers preflights, and tells browsers which scripts of other sites may read an answer. */
export interface CorsFilter {
  /**
   * `any`, or origins in lower case, at least one: `null`, or scheme, host and port as a browser writes them. `*` in place of the first
   * label stands for any one label.
   */
  readonly origins: "any" | readonly string[];
  /** Whether cookies may be sent. */
  readonly credentials: boolean;
  /** Values of the fields as they are sent. */
  readonly methods: string;
  readonly headers: string;
  /** Null: scripts read what they may read of every answer. */
  readonly exposedHeaders: string | null;
  /** How long browsers may remember a preflight. */
  readonly maxAgeSeconds: number;
}
