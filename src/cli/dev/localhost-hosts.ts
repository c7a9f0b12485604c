import type { ModelDelta } from "../../model/model.ts";
import { DEFAULT_HOST, type HostId, type VirtualHost } from "../../model/virtual-host.ts";

const SUFFIX = ".localhost";
const MAX_NAME = 253;

/**
 * Serves every host of the manifests a second time, as `HOST.localhost`: a name that browsers and curl look for on this machine and
 * nowhere else. A host that the manifests themselves give wins over one made here.
 */
export class LocalhostHosts {
  readonly #hosts = new Map<HostId, VirtualHost>();
  readonly #added = new WeakSet<VirtualHost>();

  /** The delta with the second names of its hosts. Must see every delta, in order. */
  extend(delta: ModelDelta): ModelDelta {
    for (const [id, host] of delta.virtualHosts) {
      if (host === null) this.#hosts.delete(id);
      else this.#hosts.set(id, host);
    }
    const virtualHosts = new Map(delta.virtualHosts);
    for (const [id, host] of delta.virtualHosts) {
      const alias = aliasOf(id);
      if (alias !== null && !this.#hosts.has(alias)) virtualHosts.set(alias, host && this.#renamed(host, alias));
      if (host === null) this.#giveBack(id, virtualHosts);
    }
    return { ...delta, virtualHosts };
  }

  /** True for a host that `extend` put into a delta. */
  isAdded(host: VirtualHost): boolean {
    return this.#added.has(host);
  }

  /** The manifests gave the host themselves and no longer do. */
  #giveBack(id: HostId, virtualHosts: Map<HostId, VirtualHost | null>): void {
    const host = id.endsWith(SUFFIX) ? this.#hosts.get(id.slice(0, -SUFFIX.length)) : undefined;
    if (host !== undefined && aliasOf(host.id) === id) virtualHosts.set(id, this.#renamed(host, id));
  }

  /** No certificate of the manifests covers the name, so the development CA issues one. */
  #renamed(host: VirtualHost, id: HostId): VirtualHost {
    const routes = host.routes.map((route) => ({ ...route, id: `${route.id}@localhost` }));
    const added = { ...host, id, routes, certificate: host.certificate === null ? null : "default" };
    this.#added.add(added);
    return added;
  }
}

/** `HOST.localhost`; null for what is on this machine anyway, or would be too long. */
export function aliasOf(id: HostId): HostId | null {
  if (id === DEFAULT_HOST || isLocal(id) || id.length + SUFFIX.length > MAX_NAME) return null;
  return `${id}${SUFFIX}`;
}

/** True for names that are this machine by RFC 6761 §6.3. */
export function isLocal(host: string): boolean {
  return host === "localhost" || host.endsWith(SUFFIX);
}
