import { objectKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { EndpointSlice, Kind, ObjectOf } from "../../kubernetes/objects.ts";
import type { Snapshot } from "../../kubernetes/snapshot.ts";
import type { Result } from "../../lib/result.ts";
import type { Certificate } from "../../model/certificate.ts";
import type { TranslationSettings } from "../../model/settings.ts";
import type { HostId } from "../../model/virtual-host.ts";
import type { TranslateOptions } from "./options.ts";
import { type BackendIndex, type BackendRef, type BackendTraits, defaultBackendTraits } from "./backend.ts";
import type { CertificateCache } from "./certificate-cache.ts";
import {
  backendFact,
  DEFAULT_ACTION_FACT,
  type Fact,
  objectFact,
  slicesFact,
  wildcardCertificateFact,
} from "./facts.ts";

/** Everything a translation can see. Settings and options are not tracked: a change of them rebuilds everything. */
export interface World {
  readonly snapshot: Snapshot;
  readonly settings: TranslationSettings;
  readonly options: TranslateOptions;
  readonly backends: BackendIndex;
  readonly certificates: CertificateCache;
  /** `VirtualHost.certificate` of the wildcard hosts that have one. */
  readonly wildcardCertificates: ReadonlyMap<HostId, string>;
  /** Serves paths that no rule matches; null: the built-in 404. */
  readonly defaultBackend: BackendRef | null;
}

/** The only window through which a shard sees the world: it remembers what was looked at. */
export class TrackedReader {
  readonly facts = new Set<Fact>();
  /** What it refers to besides the backends of its routes, by key. */
  readonly backends = new Map<string, BackendRef>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  get settings(): TranslationSettings {
    return this.#world.settings;
  }

  get options(): TranslateOptions {
    return this.#world.options;
  }

  get<K extends Kind>(kind: K, key: ObjectKey): ObjectOf<K> | undefined {
    this.facts.add(objectFact(kind, key));
    return this.#world.snapshot.get(kind, key);
  }

  slices(service: ObjectKey): readonly EndpointSlice[] {
    this.facts.add(slicesFact(service));
    return this.#world.snapshot.endpointSlices(service);
  }

  /** `VirtualHost.certificate` of a wildcard host; null when it has none or does not exist. */
  wildcardCertificate(host: HostId): string | null {
    this.facts.add(wildcardCertificateFact(host));
    return this.#world.wildcardCertificates.get(host) ?? null;
  }

  traits(backend: BackendRef): BackendTraits {
    this.facts.add(backendFact(backend.key));
    return this.#world.backends.traits(backend) ?? defaultBackendTraits(this.settings.loadBalance);
  }

  /** Id of the upstream of a backend that a filter asks: the model then has it. */
  upstreamOf(backend: BackendRef): string {
    this.backends.set(backend.key, backend);
    return this.traits(backend).id;
  }

  /** Serves paths that no rule matches; null: the built-in 404. */
  defaultBackend(): BackendRef | null {
    this.facts.add(DEFAULT_ACTION_FACT);
    return this.#world.defaultBackend;
  }

  /** The certificate in a Secret, or why there is none. */
  certificate(namespace: string, secretName: string): Result<Certificate> {
    const secret = this.get("Secret", objectKey(namespace, secretName));
    return this.#world.certificates.parse(secret, namespace, secretName);
  }
}
