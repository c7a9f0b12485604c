import type { Certificate } from "../../model/certificate.ts";
import { onlyShard } from "../../model/delta.ts";
import type { Backend } from "../../model/forward.ts";
import type { ModelDelta } from "../../model/model.ts";
import type { HostId, VirtualHost } from "../../model/virtual-host.ts";

/** A certificate and a host that is served by it. */
export interface ServedCertificate {
  readonly host: HostId;
  readonly certificate: Certificate;
}

/** Whether an Ingress has a backend without endpoints. */
export interface IngressBackends {
  readonly namespace: string;
  readonly name: string;
  readonly lacksEndpoints: boolean;
}

const DEFAULT_CERTIFICATE = "default";

/** What the metrics remember of the model: its hosts, the certificates in use, and which backends have endpoints. */
export class ServedModelIndex {
  readonly #hosts = new Map<HostId, VirtualHost>();
  readonly #certificates = new Map<string, Certificate>();
  readonly #withoutEndpoints = new Set<string>();
  #defaultCertificate: string | null = null;

  apply(delta: ModelDelta): void {
    for (const [id, certificate] of delta.certificates) setOrDelete(this.#certificates, id, certificate);
    for (const [id, host] of delta.virtualHosts) setOrDelete(this.#hosts, id, host);
    for (const [id, set] of delta.endpoints) {
      if (set?.endpoints.length === 0) this.#withoutEndpoints.add(id);
      else this.#withoutEndpoints.delete(id);
    }
    const certificate = onlyShard(delta.defaultCertificate);
    if (certificate !== undefined) this.#defaultCertificate = certificate;
  }

  /** Hosts that are served by a certificate of a Secret. */
  *certificates(): Generator<ServedCertificate> {
    for (const { id, certificate: name } of this.#hosts.values()) {
      const certificate = this.#certificates.get(
        (name === DEFAULT_CERTIFICATE ? this.#defaultCertificate : name) ?? "",
      );
      if (certificate !== undefined) yield { host: id, certificate };
    }
  }

  /** Every Ingress that has a route. */
  ingresses(): Iterable<IngressBackends> {
    const found = new Map<string, IngressBackends>();
    for (const { source, action } of this.#routes()) {
      if (source === null) continue;
      const { namespace, name } = source;
      const key = `${namespace}/${name}`;
      const lacks = action.kind === "forward" && action.backends.some((backend) => this.#lacksEndpoints(backend));
      if (lacks || !found.has(key)) found.set(key, { namespace, name, lacksEndpoints: lacks });
    }
    return found.values();
  }

  /** A canary is not asked for: its requests fall back to the others. */
  #lacksEndpoints({ upstream, rule }: Backend): boolean {
    return rule === null && upstream !== null && this.#withoutEndpoints.has(upstream);
  }

  *#routes(): Generator<VirtualHost["routes"][number]> {
    for (const { routes } of this.#hosts.values()) yield* routes;
  }
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
