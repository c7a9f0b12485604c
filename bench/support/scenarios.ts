/** One kind of load. `unit` says what one "request" of the result is. */
export interface Scenario {
  readonly name: string;
  readonly tls: boolean;
  readonly path: string;
  readonly tool: "wrk" | "h2load";
  readonly connections: number;
  /** Extra arguments of the tool. */
  readonly extra: readonly string[];
}

export const SCENARIOS: readonly Scenario[] = [
  { name: "small GET, keep-alive", tls: false, path: "/small", tool: "wrk", connections: 64, extra: [] },
  { name: "10 KB response", tls: false, path: "/10k", tool: "wrk", connections: 64, extra: [] },
  { name: "1 MB response", tls: false, path: "/1m", tool: "wrk", connections: 16, extra: [] },
  { name: "small GET over TLS, keep-alive", tls: true, path: "/small", tool: "wrk", connections: 64, extra: [] },
  {
    name: "new TLS connection a request",
    tls: true,
    path: "/small",
    tool: "wrk",
    connections: 16,
    extra: ["-H", "Connection: close"],
  },
  { name: "HTTP/2 over TLS", tls: true, path: "/small", tool: "h2load", connections: 8, extra: ["-m", "16"] },
];
