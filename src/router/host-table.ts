import type { TableKind } from "../model/table.ts";
import { DEFAULT_HOST, type HostId } from "../model/virtual-host.ts";
import type { CompiledHost } from "./compiled-host.ts";
import { HostIndex } from "./host-index.ts";

/**
 * Hosts by name: exact, then wildcard, then the host `_` for all others. In a table of the kind `nginx` a wildcard stands for one label: two
 * probes at most, whatever the number of hosts; in a ranked one for any number, and the longest that fits is found.
 */
export class HostTable<T, H = never> {
  readonly kind: TableKind;
  readonly #hosts: HostIndex<CompiledHost<T, H>>;
  /** How many wildcards have so many dots: no other suffixes of a name are looked up. */
  readonly #wildcards: number[] = [];

  /** `seed`: as `HostIndex`. */
  constructor(seed = 0.5, kind: TableKind = "nginx") {
    this.#hosts = new HostIndex(seed);
    this.kind = kind;
  }

  /** How many hosts it has. */
  get size(): number {
    return this.#hosts.size;
  }

  set(host: CompiledHost<T, H>): void {
    if (isWildcard(host.id) && this.#hosts.get(host.id) === undefined) this.#countWildcard(host.id, 1);
    this.#hosts.set(host);
  }

  delete(id: HostId): void {
    if (isWildcard(id) && this.#hosts.get(id) !== undefined) this.#countWildcard(id, -1);
    this.#hosts.delete(id);
  }

  get(id: HostId): CompiledHost<T, H> | undefined {
    return this.#hosts.get(id);
  }

  /** `host` is canonical (`parseAuthority`). Undefined only while there is no host `_`. */
  find(host: string): CompiledHost<T, H> | undefined {
    return this.#named(host) ?? this.#hosts.get(DEFAULT_HOST);
  }

  /**
   * In a ranked table the host that takes what a host of this id has no route for. A host of a table of the kind `nginx` that is known never
   * falls back to another one.
   */
  lessSpecific(id: HostId): CompiledHost<T, H> | undefined {
    if (this.kind === "nginx" || id === DEFAULT_HOST) return undefined;
    return this.#wildcardOf(isWildcard(id) ? id.slice(2) : id) ?? this.#hosts.get(DEFAULT_HOST);
  }

  /** Where `find` will look for a host of this name; for `at`, until the next change. */
  placeOf(host: string): number {
    return this.#hosts.placeOf(host);
  }

  /** The host that is there, whatever its name. */
  at(place: number): CompiledHost<T, H> | undefined {
    return this.#hosts.at(place);
  }

  /** True when a host other than `_` takes the name. */
  knows(host: string): boolean {
    return this.#named(host) !== undefined;
  }

  /** Ids of all hosts, in no order. */
  names(): readonly HostId[] {
    return this.#hosts.ids;
  }

  #named(host: string): CompiledHost<T, H> | undefined {
    // The ids `_` and `*.x` are not host names, so a client that sends them must not reach them directly.
    if (host === DEFAULT_HOST) return undefined;
    const exact = this.#hosts.get(host);
    if (exact !== undefined) return exact;
    if (this.kind === "ranked") return this.#wildcardOf(host);
    const dot = host.indexOf(".");
    return dot <= 0 ? undefined : this.#hosts.get(`*${host.slice(dot)}`);
  }

  /** The longest wildcard that takes the name; only suffixes of so many labels as a wildcard has are looked up. */
  #wildcardOf(name: string): CompiledHost<T, H> | undefined {
    let dots = countDots(name);
    for (let dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1), dots--) {
      const found = (this.#wildcards[dots] ?? 0) > 0 ? this.#hosts.get(`*${name.slice(dot)}`) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #countWildcard(id: HostId, change: 1 | -1): void {
    const dots = countDots(id);
    this.#wildcards[dots] = (this.#wildcards[dots] ?? 0) + change;
  }
}

function isWildcard(id: HostId): boolean {
  return id.startsWith("*.");
}

function countDots(name: string): number {
  let dots = 0;
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) dots++;
  return dots;
}
