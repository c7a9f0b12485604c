import type { EndpointRuntime } from "../connections/endpoint.ts";

/** Chooses an endpoint for a request that no cookie ties to one. */
export interface Balancer {
  /** Endpoints that this request already tried are left out while there are others. Null when there are no endpoints. */
  pick(tried: readonly EndpointRuntime[]): EndpointRuntime | null;
  /** The new list; endpoints that stayed are the same objects. */
  update(endpoints: readonly EndpointRuntime[]): void;
  /** An attempt is over. `answerMs` is connecting plus answering; a failed attempt counts as a slow one. */
  observe(endpoint: EndpointRuntime, answerMs: number): void;
}
