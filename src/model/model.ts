import type { Certificate } from "./certificate.ts";
import type { Settings } from "./settings.ts";
import type { EndpointSet, Upstream } from "./upstream.ts";
import type { HostId, VirtualHost } from "./virtual-host.ts";

/**
 * THE CONTRACT between the two halves: plain, readonly, structured-cloneable data, sharded so that one changed object replaces
 * only the shards that read it. A shard is never changed, only replaced.
 */
export interface Model {
  readonly virtualHosts: ReadonlyMap<HostId, VirtualHost>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly endpoints: ReadonlyMap<string, EndpointSet>;
  readonly certificates: ReadonlyMap<string, Certificate>;
  /** Id of the certificate named by `--default-ssl-certificate`; null: the self-signed one. */
  readonly defaultCertificate: string | null;
  readonly settings: Settings;
}

/** Replacements for shards of the model; `null` removes a shard. Applied whole, in one step: no request sees half of it. */
export interface ModelDelta {
  readonly virtualHosts: ReadonlyMap<HostId, VirtualHost | null>;
  readonly upstreams: ReadonlyMap<string, Upstream | null>;
  readonly endpoints: ReadonlyMap<string, EndpointSet | null>;
  readonly certificates: ReadonlyMap<string, Certificate | null>;
  /** Absent when unchanged. */
  readonly defaultCertificate?: string | null;
  /** Absent when unchanged. */
  readonly settings?: Settings;
}

/** Who takes deltas: the data plane. */
export interface ModelSink {
  apply(delta: ModelDelta): void;
}

export function isEmptyDelta(delta: ModelDelta): boolean {
  return (
    delta.virtualHosts.size === 0 &&
    delta.upstreams.size === 0 &&
    delta.endpoints.size === 0 &&
    delta.certificates.size === 0 &&
    delta.defaultCertificate === undefined &&
    delta.settings === undefined
  );
}
