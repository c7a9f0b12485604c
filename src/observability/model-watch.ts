import type { Certificate } from "../model/certificate.ts";
import type { ModelDelta } from "../model/model.ts";
import type { HostId, VirtualHost } from "../model/virtual-host.ts";

/** One line of `ssl_expire_time_seconds`. */
export interface CertificateExpiry {
  readonly host: HostId;
  readonly namespace: string;
  readonly secretName: string;
  readonly identifier: string;
  readonly notAfterMs: number;
}

/** What the metrics remember of the model: which Ingresses have routes, and when the certificates in use end. */
export class ModelWatch {
  readonly #ingresses = new Map<HostId, ReadonlySet<string>>();
  readonly #certificateOfHost = new Map<HostId, string>();
  readonly #certificates = new Map<string, Certificate>();

  /** Takes over a delta; returns the Ingresses (`namespace/name`) that lost their last route by it. */
  apply(delta: ModelDelta): readonly string[] {
    for (const [id, certificate] of delta.certificates) setOrDelete(this.#certificates, id, certificate);
    const lost = new Set<string>();
    for (const [id, host] of delta.virtualHosts) {
      for (const ingress of this.#ingresses.get(id) ?? []) lost.add(ingress);
      setOrDelete(this.#ingresses, id, host === null ? null : ingressesOf(host));
      setOrDelete(this.#certificateOfHost, id, host?.certificate ?? null);
    }
    if (lost.size === 0) return [];
    const serving = new Set([...this.#ingresses.values()].flatMap((ingresses) => [...ingresses]));
    return [...lost].filter((ingress) => !serving.has(ingress));
  }

  /** Hosts that are served by a certificate of their own. */
  *expiries(): Generator<CertificateExpiry> {
    for (const [host, id] of this.#certificateOfHost) {
      const certificate = this.#certificates.get(id);
      if (certificate === undefined) continue;
      const { source, fingerprint, notAfterMs } = certificate;
      yield { host, namespace: source.namespace, secretName: source.name, identifier: fingerprint, notAfterMs };
    }
  }
}

function ingressesOf(host: VirtualHost): ReadonlySet<string> {
  const names = host.routes.map(({ source }) => (source === null ? "" : `${source.namespace}/${source.name}`));
  return new Set(names.filter((name) => name !== ""));
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
