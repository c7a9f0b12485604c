import type { EndpointRuntime } from "../connections/endpoint.ts";

/** Failures in a row, without a success between them, after which an endpoint is passed over. */
const FAILURES = 5;
const FIRST_PAUSE_MS = 10_000;
const MAX_PAUSE_MS = 60_000;
/** Of the endpoints at least so many keep being asked, whatever happens to them. */
const KEPT_SHARE = 0.5;

interface Trouble {
  /** Since the last success. */
  failures: number;
  /** Pauses in a row. */
  pauses: number;
  /** Monotonic milliseconds; 0 while it is asked. */
  ejectedUntilMs: number;
}

/**
 * Endpoints that cannot be connected to are not asked for a while, so that a dead one costs a few requests their connect timeout
 * and not one in so many for as long as the cluster still lists it. Only failures to connect count: no request can bring them
 * about, so no client can have an endpoint passed over. After its pause one more failure is enough.
 */
export class Ejections {
  readonly #troubles = new Map<EndpointRuntime, Trouble>();
  /** Earliest end of a pause; Infinity without one. */
  #nextReturnMs = Infinity;

  /** Notes a failure; true when the endpoint is passed over from now on. */
  failed(endpoint: EndpointRuntime, endpoints: number, nowMs: number): boolean {
    const trouble = this.#troubles.get(endpoint) ?? { failures: 0, pauses: 0, ejectedUntilMs: 0 };
    this.#troubles.set(endpoint, trouble);
    trouble.failures++;
    if (trouble.ejectedUntilMs > 0 || trouble.failures < FAILURES) return false;
    if (this.#ejected + 1 > endpoints * (1 - KEPT_SHARE)) return false;
    trouble.ejectedUntilMs = nowMs + Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** trouble.pauses++);
    this.#nextReturnMs = Math.min(this.#nextReturnMs, trouble.ejectedUntilMs);
    return true;
  }

  /** A connection was made. True when the endpoint had been passed over and is asked again from now on. */
  reached(endpoint: EndpointRuntime): boolean {
    const trouble = this.#troubles.get(endpoint);
    if (trouble === undefined) return false;
    this.#troubles.delete(endpoint);
    return trouble.ejectedUntilMs > 0;
  }

  /** True when somebody's pause has ended. Cheap: asked at every request. */
  expire(nowMs: number): boolean {
    if (nowMs < this.#nextReturnMs) return false;
    this.#nextReturnMs = Infinity;
    for (const trouble of this.#troubles.values()) {
      if (trouble.ejectedUntilMs > nowMs) this.#nextReturnMs = Math.min(this.#nextReturnMs, trouble.ejectedUntilMs);
      else trouble.ejectedUntilMs = 0;
    }
    return true;
  }

  /** Those of the endpoints that are asked. Others than these are forgotten. */
  among(endpoints: readonly EndpointRuntime[]): readonly EndpointRuntime[] {
    if (this.#troubles.size === 0) return endpoints;
    const present = new Set(endpoints);
    for (const endpoint of this.#troubles.keys()) if (!present.has(endpoint)) this.#troubles.delete(endpoint);
    const asked = endpoints.filter((endpoint) => (this.#troubles.get(endpoint)?.ejectedUntilMs ?? 0) === 0);
    // Others have left since: better a doubtful endpoint than few.
    return asked.length >= endpoints.length * KEPT_SHARE ? asked : endpoints;
  }

  get #ejected(): number {
    let count = 0;
    for (const { ejectedUntilMs } of this.#troubles.values()) if (ejectedUntilMs > 0) count++;
    return count;
  }
}
