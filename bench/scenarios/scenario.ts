import type { ProfileName } from "../rivals/setup.ts";

/** How load is made. Everything runs on the load's core. */
export type Load =
  /** wrk, as fast as it goes. `hosts` above 0 sends raw requests to that many hosts in pseudo-random order. */
  | { readonly kind: "wrk"; readonly connections: number; readonly hosts: number }
  /** wrk, 1 MiB request bodies. */
  | { readonly kind: "upload"; readonly connections: number; readonly framing: "length" | "chunked" }
  | { readonly kind: "h2load"; readonly connections: number; readonly streams: number }
  /** A fixed rate: half of what nginx can do at most. */
  | { readonly kind: "rated"; readonly connections: number }
  /** Messages of 64 bytes, each sent when the one before came back. */
  | { readonly kind: "websocket"; readonly connections: number }
  /** A new TLS connection for every request. */
  | { readonly kind: "handshake"; readonly connections: number; readonly session: "new" | "resumed" };

/** Scenarios of one group run side by side in the same rounds, on processes that are started for the group. */
export type Group = "requests" | "features" | "tls" | "latency";

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly group: Group;
  readonly profile: ProfileName;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly path: string;
  readonly load: Load;
  /** What one "request" of the table is. */
  readonly unit: "request" | "message";
  readonly needsHttp2: "yes" | "no";
  /** Bytes of the answer that a rival must give before it is measured. */
  readonly answerBytes: number;
  /** Scenario of the same group whose cost is taken away to show what a feature adds; null for the others. */
  readonly against: string | null;
}

/** What the load generator saw. */
export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  /** Microseconds, one for each request; empty where the tool does not tell. */
  readonly latenciesMicros: readonly number[];
  /** Something that the table has to say; empty for nothing. */
  readonly note: string;
}
