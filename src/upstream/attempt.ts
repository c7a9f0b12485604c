import type { UpstreamAttempt } from "../model/finished-exchange.ts";
import type { EndpointRuntime } from "./endpoint.ts";
import type { EndpointPool } from "./endpoint-pool.ts";

/** One try of a request at one endpoint, while it runs. */
export class Attempt {
  readonly endpoint: EndpointRuntime;
  readonly pool: EndpointPool;
  /** The connection had served a request before. */
  readonly reused: boolean;
  readonly startedMs: number;
  status = 0;
  connectMs = 0;
  headerMs = 0;
  responseBytes = 0;

  constructor(endpoint: EndpointRuntime, pool: EndpointPool, reused: boolean, startedMs: number) {
    this.endpoint = endpoint;
    this.pool = pool;
    this.reused = reused;
    this.startedMs = startedMs;
  }

  finish(nowMs: number): UpstreamAttempt {
    return {
      address: this.endpoint.id,
      status: this.status,
      connectMs: this.connectMs,
      headerMs: this.headerMs,
      durationMs: nowMs - this.startedMs,
      responseBytes: this.responseBytes,
    };
  }
}
