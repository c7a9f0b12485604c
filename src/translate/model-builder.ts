import type { Snapshot } from "../kubernetes/snapshot.ts";
import type { Certificate } from "../model/certificate.ts";
import type { ModelDelta } from "../model/model.ts";
import type { Problem } from "../model/problem.ts";
import type { EndpointSet, Upstream } from "../model/upstream.ts";
import { DEFAULT_HOST, type HostId, type VirtualHost } from "../model/virtual-host.ts";
import { translateBackends } from "./ingress/backend-problems.ts";
import { translateHost } from "./ingress/host.ts";
import { claimedCertificate } from "./ingress/host-certificate.ts";
import type { ObjectIntake, Touched } from "./object-intake.ts";
import type { TranslateOptions } from "./options.ts";
import type { BackendRef } from "./shared/backend.ts";
import { translateDefaultBackend, translateDefaultCertificate } from "./shared/defaults.ts";
import { Dependencies, type ShardId } from "./shared/dependencies.ts";
import { translateEndpoints } from "./shared/endpoints.ts";
import { DEFAULT_ACTION_FACT, wildcardCertificateFact } from "./shared/facts.ts";
import { ProblemLedger } from "./shared/problem-ledger.ts";
import { ReferenceCounts } from "./shared/reference-counts.ts";
import { ShardTable } from "./shared/shard-table.ts";
import { TrackedReader, type World } from "./shared/tracked-reader.ts";
import { translateUpstream } from "./shared/upstream.ts";

/** The kinds of shards, in the order they are built: each may need what the ones before it came out with. */
const KINDS = [
  "default-backend",
  "default-certificate",
  "wildcard-certificate",
  "host",
  "backends",
  "certificate",
  "upstream",
  "endpoints",
] as const;
type ShardKind = (typeof KINDS)[number];
/** Builds one shard and gives its problems; null when the shard is not needed any more. */
type Build = (key: string, reader: TrackedReader) => readonly Problem[] | null;

/** The outgoing side: keeps the built shards of the model, and rebuilds those that read something that was touched. */
export class ModelBuilder {
  readonly #options: TranslateOptions;
  readonly #intake: ObjectIntake;
  readonly #dependencies = new Dependencies();
  readonly #problems = new ProblemLedger();
  readonly #hosts = new ShardTable<VirtualHost>();
  readonly #upstreams = new ShardTable<Upstream>();
  readonly #endpoints = new ShardTable<EndpointSet>();
  readonly #certificates = new ShardTable<Certificate>();
  readonly #backendsInUse = new ReferenceCounts<BackendRef>();
  readonly #certificatesInUse = new ReferenceCounts<string>();
  /** Shards to build in this round, by kind. */
  readonly #dirty = new Map<ShardKind, Set<string>>(KINDS.map((kind) => [kind, new Set()]));
  readonly #builders: Readonly<Record<ShardKind, Build>> = {
    "default-backend": (_key, reader) => this.#buildDefaultBackend(reader),
    "default-certificate": (_key, reader) => this.#buildDefaultCertificate(reader),
    "wildcard-certificate": (key, reader) => this.#buildWildcardCertificate(key, reader),
    host: (key, reader) => this.#buildHost(key, reader),
    backends: (key, reader) => this.#checkBackends(key, reader),
    certificate: (key, reader) => this.#buildCertificate(key, reader),
    upstream: (key, reader) => this.#buildUpstream(key, reader),
    endpoints: (key, reader) => this.#buildEndpoints(key, reader),
  };
  readonly #wildcardCertificates = new Map<HostId, string>();
  #defaultBackend: BackendRef | null = null;
  #defaultCertificate: string | null = null;

  constructor(options: TranslateOptions, intake: ObjectIntake) {
    this.#options = options;
    this.#intake = intake;
  }

  get problems(): ProblemLedger {
    return this.#problems;
  }

  get defaultCertificate(): string | null {
    return this.#defaultCertificate;
  }

  /** Brings every shard up to date. Never throws: what is wrong with objects is recorded as problems. */
  rebuild(snapshot: Snapshot, touched: Touched): void {
    this.#problems.record("settings", this.#intake.settingsProblems);
    this.#problems.record("classes", this.#intake.classProblems(snapshot));
    for (const key of touched.ingresses) {
      this.#problems.record(`plan ${key}`, this.#intake.index.plan(key)?.problems ?? []);
      this.#mark("backends", key);
    }
    if (touched.everything) this.#markEverything();
    for (const fact of touched.facts) this.#markReaders(fact);
    for (const kind of KINDS) this.#buildAll(kind, snapshot);
  }

  /** What differs from the last call. */
  flush(): Pick<ModelDelta, "virtualHosts" | "upstreams" | "endpoints" | "certificates"> {
    return {
      virtualHosts: this.#hosts.flush(),
      upstreams: this.#upstreams.flush(),
      endpoints: this.#endpoints.flush(),
      certificates: this.#certificates.flush(),
    };
  }

  #mark(kind: ShardKind, key: string): void {
    this.#dirty.get(kind)?.add(key);
  }

  #markReaders(fact: string): void {
    for (const shard of this.#dependencies.readersOf(fact)) this.#markShard(shard);
    // A host that nobody claimed before has no shard yet that could have read the fact.
    if (fact.startsWith("host ")) this.#markHost(fact.slice("host ".length));
  }

  #markHost(host: HostId): void {
    this.#mark("host", host);
    if (host.startsWith("*.")) this.#mark("wildcard-certificate", host);
  }

  #markShard(shard: ShardId): void {
    const space = shard.indexOf(" ");
    const kind = KINDS.find((each) => each === shard.slice(0, space));
    if (kind !== undefined) this.#mark(kind, shard.slice(space + 1));
  }

  #markEverything(): void {
    const { index } = this.#intake;
    this.#mark("default-backend", "");
    this.#mark("default-certificate", "");
    for (const host of [DEFAULT_HOST, ...index.hosts(), ...this.#hosts.keys()]) this.#markHost(host);
    for (const plan of index.plans()) this.#mark("backends", plan.key);
    for (const key of this.#upstreams.keys()) this.#mark("upstream", key);
    for (const key of this.#endpoints.keys()) this.#mark("endpoints", key);
    for (const key of this.#certificates.keys()) this.#mark("certificate", key);
  }

  #buildAll(kind: ShardKind, snapshot: Snapshot): void {
    const dirty = this.#dirty.get(kind);
    if (dirty === undefined || dirty.size === 0) return;
    const world = this.world(snapshot);
    for (const key of dirty) this.#build(kind, key, new TrackedReader(world));
    dirty.clear();
    if (kind === "host" || kind === "default-certificate") this.#followReferences();
  }

  #build(kind: ShardKind, key: string, reader: TrackedReader): void {
    const shard = `${kind} ${key}`;
    const problems = this.#builders[kind](key, reader);
    this.#problems.record(shard, problems ?? []);
    if (problems === null) this.#dependencies.forget(shard);
    else this.#dependencies.record(shard, reader.facts);
  }

  #buildDefaultBackend(reader: TrackedReader): readonly Problem[] {
    const { backend, problems } = translateDefaultBackend(reader, this.#options.defaultBackendService);
    if (backend?.key !== this.#defaultBackend?.key) {
      this.#defaultBackend = backend;
      this.#markReaders(DEFAULT_ACTION_FACT);
    }
    return problems;
  }

  #buildDefaultCertificate(reader: TrackedReader): readonly Problem[] {
    const { certificate, problems } = translateDefaultCertificate(reader, this.#options.defaultSslCertificate);
    this.#defaultCertificate = certificate;
    this.#certificatesInUse.replace("default", new Map(certificate === null ? [] : [[certificate, certificate]]));
    return problems;
  }

  #buildWildcardCertificate(host: string, reader: TrackedReader): readonly Problem[] | null {
    const certificate = claimedCertificate(reader, host)?.certificate ?? null;
    if (certificate !== (this.#wildcardCertificates.get(host) ?? null)) {
      if (certificate === null) this.#wildcardCertificates.delete(host);
      else this.#wildcardCertificates.set(host, certificate);
      this.#markReaders(wildcardCertificateFact(host));
    }
    return reader.claims(host).length === 0 ? null : [];
  }

  #buildHost(host: string, reader: TrackedReader): readonly Problem[] | null {
    const { virtualHost, backends, problems } = translateHost(reader, host);
    const certificate = virtualHost?.certificate ?? null;
    const named = certificate === null || certificate === "default" ? [] : [[certificate, certificate] as const];
    this.#backendsInUse.replace(host, backends);
    this.#certificatesInUse.replace(`host ${host}`, new Map(named));
    if (virtualHost === null) this.#hosts.remove(host);
    else this.#hosts.put(host, host, virtualHost);
    return virtualHost === null && problems.length === 0 ? null : problems;
  }

  #checkBackends(key: string, reader: TrackedReader): readonly Problem[] | null {
    const plan = this.#intake.index.plan(key);
    return plan === undefined ? null : translateBackends(reader, plan);
  }

  #buildCertificate(key: string, reader: TrackedReader): readonly Problem[] | null {
    const [namespace = "", name = ""] = key.split("/");
    const parsed = this.#certificatesInUse.get(key) === undefined ? null : reader.certificate(namespace, name);
    if (parsed?.ok) this.#certificates.put(key, key, parsed.value);
    else this.#certificates.remove(key);
    return parsed === null ? null : [];
  }

  #buildUpstream(key: string, reader: TrackedReader): readonly Problem[] | null {
    const backend = this.#backendsInUse.get(key);
    if (backend === undefined) {
      this.#upstreams.remove(key);
      return null;
    }
    const upstream = translateUpstream(reader, backend);
    this.#upstreams.put(key, upstream.id, upstream);
    return [];
  }

  #buildEndpoints(key: string, reader: TrackedReader): readonly Problem[] | null {
    const backend = this.#backendsInUse.get(key);
    if (backend === undefined) {
      this.#endpoints.remove(key);
      return null;
    }
    const traits = reader.traits(backend);
    const set = translateEndpoints(reader, backend, traits);
    this.#endpoints.put(key, traits.id, { upstream: traits.id, ...set });
    return [];
  }

  /** Hosts and the default certificate decide which upstreams and certificates the model holds. */
  #followReferences(): void {
    const backends = this.#backendsInUse.takeChanges();
    for (const key of [...backends.added, ...backends.removed]) {
      this.#mark("upstream", key);
      this.#mark("endpoints", key);
    }
    const certificates = this.#certificatesInUse.takeChanges();
    for (const key of [...certificates.added, ...certificates.removed]) this.#mark("certificate", key);
  }

  /** Everything that a translation sees at this moment. */
  world(snapshot: Snapshot): World {
    const { settings, index, certificates } = this.#intake;
    return {
      snapshot,
      settings,
      index,
      certificates,
      options: this.#options,
      wildcardCertificates: this.#wildcardCertificates,
      defaultBackend: this.#defaultBackend,
    };
  }
}
