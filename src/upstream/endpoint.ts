import { formatEndpoint } from "../model/upstream.ts";
import { ConnectionPool } from "./pool.ts";
import type { PoolContext } from "./pool-context.ts";

/** One address of an upstream, with its connections and what its balancer remembers of it. */
export class EndpointRuntime {
  /** `ip:port`, IPv6 as `[addr]:port`. */
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** Moving average of answer times in milliseconds; null until the balancer first saw the endpoint. */
  score: number | null = null;
  /** Monotonic milliseconds of the last change of `score`. */
  scoredAtMs = 0;
  readonly #context: PoolContext;
  #plain: ConnectionPool | null = null;
  #tls: ConnectionPool | null = null;
  #retired = false;

  constructor(address: string, port: number, context: PoolContext) {
    this.id = formatEndpoint({ kind: "address", address, port });
    this.address = address;
    this.port = port;
    this.#context = context;
  }

  /** The connections for that protocol. Upstream TLS neither verifies nor sends a server name, as in ingress-nginx. */
  pool(protocol: "http" | "https"): ConnectionPool {
    return protocol === "http" ? (this.#plain ??= this.#open(null)) : (this.#tls ??= this.#open(UNVERIFIED_TLS));
  }

  /** The endpoint left its upstream: idle connections are closed, running requests finish. */
  retire(): void {
    this.#retired = true;
    this.#plain?.retire();
    this.#tls?.retire();
  }

  #open(tls: typeof UNVERIFIED_TLS | null): ConnectionPool {
    const pool = new ConnectionPool({ host: this.address, port: this.port, tls }, this.#context);
    if (this.#retired) pool.retire();
    return pool;
  }
}

const UNVERIFIED_TLS = { serverName: null, verify: false } as const;
