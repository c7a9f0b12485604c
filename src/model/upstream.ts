/** A port of a Service, as objects name it. Empty texts where there is none. */
export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
  readonly port: string;
}

/** A group of endpoints for one Service port. Id and name: `<namespace>-<service>-<port>` as in ingress-nginx's metrics. */
export interface Upstream {
  readonly id: string;
  readonly service: ServiceRef;
  readonly balancer: "round-robin" | "ewma";
}

/** Where an upstream's traffic goes. Published apart from the upstream, so that pod churn never rebuilds a route. */
export interface EndpointSet {
  readonly upstream: string;
  /** Sorted and without duplicates. Empty: the upstream answers 503. */
  readonly endpoints: readonly Endpoint[];
  /** Why there are none, in one clause; absent where there are some. */
  readonly absence?: string;
}

export type Endpoint =
  /** An IP address; in development also `localhost`, which is both loopback addresses of this machine. */
  | { readonly kind: "address"; readonly address: string; readonly port: number }
  /** An ExternalName: resolved by the data plane, honouring the TTL. */
  | { readonly kind: "name"; readonly host: string; readonly port: number };

/** `ip:port`, IPv6 as `[addr]:port`: the id used by the hash ring and the logs. */
export function formatEndpoint(endpoint: Endpoint): string {
  const host = endpoint.kind === "address" ? endpoint.address : endpoint.host;
  return host.includes(":") ? `[${host}]:${endpoint.port}` : `${host}:${endpoint.port}`;
}
