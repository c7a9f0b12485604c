/**
 * What the endpoints of a route speak. `http` and `https` are HTTP/1.1; `grpc` and `grpcs` are HTTP/2, which gRPC needs, and carry
 * any HTTP/2 request; `auto` is `http` for clients without and `https` for clients with TLS.
 */
export type BackendProtocol = (typeof BACKEND_PROTOCOLS)[number];

export const BACKEND_PROTOCOLS = ["http", "https", "grpc", "grpcs", "auto"] as const;
