import type { ModelDelta } from "../../model/model.ts";
import type { HostId, VirtualHost } from "../../model/virtual-host.ts";

/** Which Ingresses (`namespace/name`) have routes, so that the series of the others can be dropped. */
export class ServedIngresses {
  readonly #ofHost = new Map<HostId, ReadonlySet<string>>();
  /** How many hosts an Ingress is served at. */
  readonly #hosts = new Map<string, number>();

  has(ingress: string): boolean {
    return this.#hosts.has(ingress);
  }

  /** Takes over a delta; returns the Ingresses that lost their last route by it. */
  apply(delta: ModelDelta): readonly string[] {
    const lost = new Set<string>();
    for (const [id, host] of delta.virtualHosts) {
      const before = this.#ofHost.get(id) ?? new Set<string>();
      const after = host === null ? new Set<string>() : ingressesOf(host);
      for (const ingress of after.difference(before)) this.#count(ingress, 1);
      for (const ingress of before.difference(after)) {
        this.#count(ingress, -1);
        lost.add(ingress);
      }
      if (host === null) this.#ofHost.delete(id);
      else this.#ofHost.set(id, after);
    }
    return [...lost].filter((ingress) => !this.has(ingress));
  }

  #count(ingress: string, change: 1 | -1): void {
    const hosts = (this.#hosts.get(ingress) ?? 0) + change;
    if (hosts === 0) this.#hosts.delete(ingress);
    else this.#hosts.set(ingress, hosts);
  }
}

function ingressesOf(host: VirtualHost): ReadonlySet<string> {
  const names = host.routes.map(({ source }) => (source === null ? "" : `${source.namespace}/${source.name}`));
  return new Set(names.filter((name) => name !== ""));
}
