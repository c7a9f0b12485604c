import { formatEndpoint } from "../../model/upstream.ts";
import type { BackendProtocol } from "../../model/backend-protocol.ts";
import type { EndpointTls, Dial } from "../../wire/wire.ts";
import type { EndpointPool } from "./endpoint-pool.ts";
import { Http2Pool } from "./http2-pool.ts";
import { ConnectionPool } from "./pool.ts";
import type { PoolContext } from "./pool-context.ts";
import { UNREACHABLE } from "./unreachable-pool.ts";

/** What is spoken on a connection to an endpoint. */
export type EndpointProtocol = Exclude<BackendProtocol, "auto">;

/** One address of an upstream, with its connections. */
export class EndpointRuntime {
  /** `ip:port`, IPv6 as `[addr]:port`. */
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly #context: PoolContext;
  readonly #pools = new Map<EndpointProtocol, EndpointPool>();
  /** Of nearly no endpoint. */
  #secured: Map<EndpointTls, Map<EndpointProtocol, EndpointPool>> | null = null;
  #retired = false;

  constructor(address: string, port: number, context: PoolContext) {
    this.id = formatEndpoint({ kind: "address", address, port });
    this.address = address;
    this.port = port;
    this.#context = context;
  }

  /** The connections for that protocol, made under that security and no other. */
  pool(protocol: EndpointProtocol, security: EndpointTls | null): EndpointPool {
    if (security !== null) return this.#securedPool(protocol, security);
    return this.#pools.get(protocol) ?? this.#open(protocol);
  }

  /** The endpoint left its upstream: idle connections are closed, running requests finish. */
  retire(): void {
    this.#retired = true;
    for (const pool of this.#pools.values()) pool.retire();
    for (const pools of this.#secured?.values() ?? []) for (const pool of pools.values()) pool.retire();
  }

  /** Nothing is asked any more under that security: as `retire` for what was. */
  retireSecurity(security: EndpointTls): void {
    const pools = this.#secured?.get(security);
    if (pools === undefined) return;
    this.#secured?.delete(security);
    for (const pool of pools.values()) pool.retire();
  }

  #open(protocol: EndpointProtocol): EndpointPool {
    const pool = POOLS[protocol](this.address, this.port, this.#context);
    if (this.#retired) pool.retire();
    this.#pools.set(protocol, pool);
    return pool;
  }

  #securedPool(protocol: EndpointProtocol, security: EndpointTls): EndpointPool {
    const open = SECURED_POOLS[protocol];
    // What must be made sure of is never sent in clear text.
    if (open === null || !this.#context.securities.has(security)) return UNREACHABLE;
    this.#secured ??= new Map();
    const pools = this.#secured.get(security) ?? new Map<EndpointProtocol, EndpointPool>();
    this.#secured.set(security, pools);
    const pool = pools.get(protocol) ?? open({ host: this.address, port: this.port, tls: security }, this.#context);
    if (this.#retired) pool.retire();
    pools.set(protocol, pool);
    return pool;
  }
}

/** As in ingress-nginx, upstream TLS neither verifies nor sends a server name. */
const UNVERIFIED_TLS = { serverName: null, verify: false } as const;

const POOLS: Readonly<Record<EndpointProtocol, (host: string, port: number, context: PoolContext) => EndpointPool>> = {
  http: (host, port, context) => new ConnectionPool({ host, port, tls: null }, context),
  https: (host, port, context) => new ConnectionPool({ host, port, tls: UNVERIFIED_TLS }, context),
  grpc: (host, port, context) => new Http2Pool({ host, port, tls: null }, context),
  grpcs: (host, port, context) => new Http2Pool({ host, port, tls: UNVERIFIED_TLS }, context),
};

/** Null where no TLS is spoken. */
const SECURED_POOLS: Readonly<Record<EndpointProtocol, ((dial: Dial, context: PoolContext) => EndpointPool) | null>> = {
  http: null,
  https: (dial, context) => new ConnectionPool(dial, context),
  grpc: null,
  grpcs: (dial, context) => new Http2Pool(dial, context),
};
