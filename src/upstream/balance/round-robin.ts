import type { Balancer } from "./balancer.ts";
import type { EndpointRuntime } from "../connections/endpoint.ts";

/**
 * Each endpoint once a round, from a random start, so that several replicas do not march in step. The position outlasts a change of
 * endpoints: endless rolling updates favour no endpoint.
 */
export class RoundRobinBalancer implements Balancer {
  readonly #random: () => number;
  #endpoints: readonly EndpointRuntime[] = [];
  #next = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  pick(tried: readonly EndpointRuntime[]): EndpointRuntime | null {
    const first = this.#advance();
    if (tried.length === 0 || first === null) return first;
    let candidate: EndpointRuntime | null = first;
    for (let i = 1; i < this.#endpoints.length && candidate !== null && tried.includes(candidate); i++) {
      candidate = this.#advance();
    }
    return candidate;
  }

  update(endpoints: readonly EndpointRuntime[]): void {
    this.#next = this.#positionAmong(endpoints);
    this.#endpoints = endpoints;
  }

  observe(): void {
    // The order does not depend on how the last request went.
  }

  #advance(): EndpointRuntime | null {
    const endpoint = this.#endpoints[this.#next];
    if (endpoint === undefined) return null;
    this.#next = this.#next + 1 === this.#endpoints.length ? 0 : this.#next + 1;
    return endpoint;
  }

  /** The first of the old order that is still there is next. */
  #positionAmong(endpoints: readonly EndpointRuntime[]): number {
    for (let i = 0; i < this.#endpoints.length; i++) {
      const survivor = this.#endpoints[(this.#next + i) % this.#endpoints.length];
      const index = survivor === undefined ? -1 : endpoints.indexOf(survivor);
      if (index !== -1) return index;
    }
    return Math.floor(this.#random() * endpoints.length);
  }
}
