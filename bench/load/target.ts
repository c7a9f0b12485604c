/** Where load goes. */
export interface LoadTarget {
  readonly scheme: "http" | "https";
  readonly port: number;
  readonly host: string;
  readonly path: string;
  /** `name=value` pairs of a Cookie header; empty for none. */
  readonly cookie: string;
}
