/** A socket that takes client connections. */
export interface Listener {
  readonly name: "http" | "https";
  /** Address to bind; empty for all. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Port told to upstreams in X-Forwarded-Port: 80/443's public meaning, not the bound one. */
  readonly forwardedPort: number;
}
