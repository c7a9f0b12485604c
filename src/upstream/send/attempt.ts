import type { AttemptFailure, UpstreamAttempt } from "../../model/finished-exchange.ts";
import type { WireError } from "../../wire/wire.ts";
import type { EndpointRuntime } from "../connections/endpoint.ts";
import type { EndpointPool } from "../connections/endpoint-pool.ts";

/** One try of a request at one endpoint; once it has ended, its record. */
export class Attempt implements UpstreamAttempt {
  readonly endpoint: EndpointRuntime;
  readonly pool: EndpointPool;
  /** The connection had served a request before. */
  readonly reused: boolean;
  /** Monotonic milliseconds, here and below; what has not happened yet counts as happening at the start. */
  readonly startedMs: number;
  answeredMs: number;
  endedMs: number;
  connectMs = 0;
  status = 0;
  responseBytes = 0;
  failure: AttemptFailure | null = null;
  failureDetail = "";

  constructor(endpoint: EndpointRuntime, pool: EndpointPool, reused: boolean, startedMs: number) {
    this.endpoint = endpoint;
    this.pool = pool;
    this.reused = reused;
    this.startedMs = startedMs;
    this.answeredMs = startedMs;
    this.endedMs = startedMs;
  }

  /** `failure`: why there is no whole answer. */
  end(nowMs: number, failure: Pick<WireError, "code" | "detail"> | null): void {
    this.endedMs = nowMs;
    if (failure === null) return;
    this.failure = failure.code;
    this.failureDetail = failure.detail;
  }

  get address(): string {
    return this.endpoint.id;
  }

  get headerMs(): number {
    return this.answeredMs - this.startedMs;
  }

  get durationMs(): number {
    return this.endedMs - this.startedMs;
  }
}
