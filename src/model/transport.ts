import type { BackendProtocol } from "./backend-protocol.ts";

/** What is spoken with a backend's endpoints. Connections serve requests of equal transports only. */
export interface Transport {
  readonly protocol: BackendProtocol;
  /**
   * Id of an `UpstreamSecurity`, without which, while it is not there, no connection is made; null: TLS neither verifies the endpoint nor
   * names the server, as in ingress-nginx.
   */
  readonly security: string | null;
}
