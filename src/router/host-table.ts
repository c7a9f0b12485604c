import { DEFAULT_HOST } from "../model/virtual-host.ts";
import type { CompiledHost } from "./compiled-host.ts";
import { HostIndex } from "./host-index.ts";

/**
 * Virtual hosts by name: exact, then one-label wildcard, then the default server. Two probes at most, whatever the number
 * of hosts. A host that is known never falls back to another one, even when none of its paths match.
 */
export class HostTable<T, H = never> {
  readonly #hosts: HostIndex<CompiledHost<T, H>>;

  /** `seed`: as `HostIndex`. */
  constructor(chance = 0.5) {
    this.#hosts = new HostIndex(chance);
  }

  set(host: CompiledHost<T, H>): void {
    this.#hosts.set(host);
  }

  delete(id: string): void {
    this.#hosts.delete(id);
  }

  get(id: string): CompiledHost<T, H> | undefined {
    return this.#hosts.get(id);
  }

  /** `host` is canonical (`parseAuthority`). Undefined only while there is no default server. */
  find(host: string): CompiledHost<T, H> | undefined {
    return this.#named(host) ?? this.#hosts.get(DEFAULT_HOST);
  }

  /** Where `find` will look for a host of this name; for `at`, until the next change. */
  placeOf(host: string): number {
    return this.#hosts.placeOf(host);
  }

  /** The host that is there, whatever its name. */
  at(place: number): CompiledHost<T, H> | undefined {
    return this.#hosts.at(place);
  }

  /** True when a virtual host other than the default server takes the name. */
  knows(host: string): boolean {
    return this.#named(host) !== undefined;
  }

  /** Ids of all virtual hosts, in no order. */
  names(): readonly string[] {
    return this.#hosts.ids;
  }

  #named(host: string): CompiledHost<T, H> | undefined {
    // The ids `_` and `*.x` are not host names, so a client that sends them must not reach them directly.
    if (host === DEFAULT_HOST) return undefined;
    const exact = this.#hosts.get(host);
    if (exact !== undefined) return exact;
    const dot = host.indexOf(".");
    return dot <= 0 ? undefined : this.#hosts.get(`*${host.slice(dot)}`);
  }
}
