import type { Affinity } from "../../model/forward.ts";
import { readAffinityCookie } from "./affinity-cookie.ts";
import type { EndpointRuntime } from "../connections/endpoint.ts";
import type { UpstreamRuntime } from "../table/upstream-runtime.ts";

const DELIMITER = "|";
/** How many random keys are tried to get away from failed endpoints; the chance that two endpoints stay one is then 10⁻⁶. */
const MAX_KEYS = 20;

/**
 * Reads the affinity cookie of a request for one upstream.
 *
 * As in ingress-nginx, the second half of the cookie only says whose session it is, which decides between an upstream and its
 * canary (`hasCookie`). For choosing the endpoint the first half counts, whichever Service set it: two Services behind one cookie name
 * and path would otherwise take the cookie from each other at every request.
 */
export function readAffinity(
  filter: Affinity,
  upstream: UpstreamRuntime,
  cookies: string | undefined,
): AffinitySession {
  return new AffinitySession(filter, upstream, readAffinityCookie(cookies, filter.cookieName));
}

/** One request's tie to an endpoint. */
export class AffinitySession {
  readonly filter: Affinity;
  /** True when the request carries a session of this very upstream. */
  readonly hasCookie: boolean;
  readonly #upstream: UpstreamRuntime;
  readonly #cookieKey: string | null;
  #newKey: string | null = null;

  constructor(filter: Affinity, upstream: UpstreamRuntime, cookie: string | null) {
    const [key = null, backendKey] = cookie === null ? [] : cookie.split(DELIMITER).filter((part) => part !== "");
    this.filter = filter;
    this.#upstream = upstream;
    this.#cookieKey = key;
    this.hasCookie = backendKey === upstream.backendKey;
  }

  /** Cookie value to set once the response head arrived; null when the client's cookie holds or this route never sets one. */
  get newCookieValue(): string | null {
    if (this.#newKey === null || !this.filter.setsCookie) return null;
    return this.#newKey + DELIMITER + this.#upstream.backendKey;
  }

  /**
   * Endpoint of the session; a new session starts on a random one. After a failure an existing session tries its endpoint
   * again unless `changeOnFailure`; a session that moves, or has only just begun, avoids the endpoints that failed.
   */
  pick(failed: readonly EndpointRuntime[]): EndpointRuntime | null {
    const owner = this.#cookieKey === null ? null : this.#find(this.#cookieKey);
    if (owner !== null && (failed.length === 0 || !this.filter.changeOnFailure)) return owner;
    return this.filter.mode === "balanced" ? this.#startBalanced(failed) : this.#startPersistent(failed);
  }

  #find(key: string): EndpointRuntime | null {
    return this.filter.mode === "balanced" ? this.#upstream.findByHash(key) : this.#upstream.findBySessionKey(key);
  }

  #startBalanced(failed: readonly EndpointRuntime[]): EndpointRuntime | null {
    const { clock, random, processId } = this.#upstream.context;
    let endpoint: EndpointRuntime | null = null;
    for (let i = 1; i <= MAX_KEYS; i++) {
      const key = `${(Math.floor(clock.nowMs()) + i * 1000) / 1000}.${processId}.${1 + Math.floor(random() * 999_999)}`;
      endpoint = this.#upstream.findByHash(key);
      if (endpoint === null) return null;
      this.#newKey = key;
      if (!failed.includes(endpoint)) break;
    }
    return endpoint;
  }

  #startPersistent(failed: readonly EndpointRuntime[]): EndpointRuntime | null {
    const { endpoints, context } = this.#upstream;
    const healthy = failed.length === 0 ? endpoints : endpoints.filter((endpoint) => !failed.includes(endpoint));
    const candidates = healthy.length === 0 ? endpoints : healthy;
    const endpoint = candidates[Math.floor(context.random() * candidates.length)] ?? null;
    if (endpoint !== null) this.#newKey = this.#upstream.sessionKey(endpoint);
    return endpoint;
  }
}
