import { isLocalName } from "../../lib/host-name.ts";
import type { ModelDelta } from "../../model/model.ts";
import { DEFAULT_HOST, type HostId, type VirtualHost } from "../../model/virtual-host.ts";

const SUFFIX = ".localhost";
const MAX_NAME = 253;

/**
 * Serves every host of the manifests a second time, as `HOST.localhost`: a name that browsers and curl look for on this machine and
 * nowhere else. What the manifests themselves serve under that name, by a wildcard too, wins over what is made here.
 */
export class LocalhostHosts {
  /** Those of the manifests. */
  readonly #hosts = new Map<HostId, VirtualHost>();
  readonly #aliases = new Set<HostId>();
  readonly #added = new WeakSet<VirtualHost>();

  /** The delta with the second names of its hosts. Must see every delta, in order. */
  extend(delta: ModelDelta): ModelDelta {
    for (const [id, host] of delta.virtualHosts) {
      if (host === null) this.#hosts.delete(id);
      else this.#hosts.set(id, host);
    }
    const virtualHosts = new Map(delta.virtualHosts);
    for (const id of this.#concerned(delta)) {
      const alias = aliasOf(id);
      if (alias === null) continue;
      const host = this.#serves(alias) ? undefined : this.#hosts.get(id);
      if (host === undefined) this.#takeBack(alias, virtualHosts);
      else if (!this.#aliases.has(alias) || delta.virtualHosts.has(id) || delta.virtualHosts.has(alias))
        this.#add(alias, host, virtualHosts);
    }
    return { ...delta, virtualHosts };
  }

  /** True for a host that `extend` put into a delta. */
  isAdded(host: VirtualHost): boolean {
    return this.#added.has(host);
  }

  /** The hosts that changed; all of them where the manifests took a name below `.localhost` or gave one back. */
  #concerned({ virtualHosts }: ModelDelta): Iterable<HostId> {
    const changed = [...virtualHosts.keys()];
    return changed.some(isLocalName) ? new Set([...changed, ...this.#hosts.keys()]) : changed;
  }

  /** True where the manifests themselves have the name, or a wildcard that matches it. */
  #serves(alias: HostId): boolean {
    return this.#hosts.has(alias) || this.#hosts.has(`*${alias.slice(alias.indexOf("."))}`);
  }

  #takeBack(alias: HostId, virtualHosts: Map<HostId, VirtualHost | null>): void {
    if (this.#aliases.delete(alias) && !this.#hosts.has(alias)) virtualHosts.set(alias, null);
  }

  /** No certificate of the manifests covers the name, so the development CA issues one. */
  #add(alias: HostId, host: VirtualHost, virtualHosts: Map<HostId, VirtualHost | null>): void {
    const routes = host.routes.map((route) => ({ ...route, id: `${route.id}@localhost` }));
    const added = { ...host, id: alias, routes, certificate: host.certificate === null ? null : "default" };
    this.#added.add(added);
    this.#aliases.add(alias);
    virtualHosts.set(alias, added);
  }
}

/** `HOST.localhost`; null for what is on this machine anyway, or would be too long. */
export function aliasOf(id: HostId): HostId | null {
  if (id === DEFAULT_HOST || isLocalName(id) || id.length + SUFFIX.length > MAX_NAME) return null;
  return `${id}${SUFFIX}`;
}
