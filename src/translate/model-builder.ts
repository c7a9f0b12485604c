import type { Snapshot } from "../kubernetes/snapshot.ts";
import { type ModelDelta, ONLY } from "../model/model.ts";
import type { Problem } from "../model/problem.ts";
import { DEFAULT_HOST, type HostId } from "../model/virtual-host.ts";
import { translateBackends } from "./ingress/backend-problems.ts";
import { translateHost } from "./ingress/host.ts";
import { IngressReader, type IngressWorld } from "./ingress/ingress-reader.ts";
import { claimedCertificate } from "./ingress/host-certificate.ts";
import type { ObjectIntake, Touched } from "./object-intake.ts";
import type { TranslateOptions } from "./shared/options.ts";
import type { BackendRef } from "./shared/backend.ts";
import { translateDefaultBackend, translateDefaultCertificate } from "./shared/defaults.ts";
import { Dependencies, type ShardId } from "./shared/dependencies.ts";
import { translateEndpoints } from "./shared/endpoints.ts";
import { DEFAULT_ACTION_FACT, type Fact, hostOfFact, wildcardCertificateFact } from "./shared/facts.ts";
import { ProblemLedger } from "./shared/problem-ledger.ts";
import { ReferenceCounts } from "./shared/reference-counts.ts";
import { ShardTables } from "./shared/shard-tables.ts";
import type { TrackedReader } from "./shared/tracked-reader.ts";
import { translateUpstream } from "./shared/upstream.ts";

/** What translation builds, in this order: each kind may need what the ones before it came out with. */
const BUILD_KINDS = [
  "settings",
  "default-backend",
  "default-certificate",
  "wildcard-certificate",
  "host",
  "backends",
  "certificate",
  "upstream",
  "endpoints",
] as const;
type BuildKind = (typeof BUILD_KINDS)[number];

/** One kind of what translation builds. */
interface BuildRow {
  /** Everything of the kind that may have to be built anew when nothing built so far counts. */
  keys(): Iterable<string>;
  /** Builds one of it, and gives its problems; null when it is not needed any more. */
  build(key: string, reader: IngressReader): readonly Problem[] | null;
}

/** Key of what there is one of. */
const ONE = [ONLY] as const;

/** The outgoing side: keeps the built shards of the model, and rebuilds those that read something that was touched. */
export class ModelBuilder {
  readonly #options: TranslateOptions;
  readonly #intake: ObjectIntake;
  readonly #dependencies = new Dependencies();
  readonly #problems = new ProblemLedger();
  readonly #shards = new ShardTables();
  readonly #backendsInUse = new ReferenceCounts<BackendRef>();
  readonly #certificatesInUse = new ReferenceCounts<string>();
  /** To be built in this round, by kind. */
  readonly #dirty = new Map<BuildKind, Set<string>>(BUILD_KINDS.map((kind) => [kind, new Set()]));
  readonly #rows: Readonly<Record<BuildKind, BuildRow>> = {
    settings: { keys: () => [], build: () => this.#buildSettings() },
    "default-backend": { keys: () => ONE, build: (_key, reader) => this.#buildDefaultBackend(reader) },
    "default-certificate": { keys: () => ONE, build: (_key, reader) => this.#buildDefaultCertificate(reader) },
    "wildcard-certificate": {
      keys: () => this.#hosts().filter(isWildcard),
      build: (host, reader) => this.#buildWildcardCertificate(host, reader),
    },
    host: { keys: () => this.#hosts(), build: (host, reader) => this.#buildHost(host, reader) },
    backends: { keys: () => this.#ingresses(), build: (ingress, reader) => this.#checkBackends(ingress, reader) },
    certificate: {
      keys: () => this.#shards.of.certificates.keys(),
      build: (key, reader) => this.#buildCertificate(key, reader),
    },
    upstream: {
      keys: () => this.#shards.of.upstreams.keys(),
      build: (backend, reader) => this.#buildUpstream(backend, reader),
    },
    endpoints: {
      keys: () => this.#shards.of.endpoints.keys(),
      build: (backend, reader) => this.#buildEndpoints(backend, reader),
    },
  };
  readonly #wildcardCertificates = new Map<HostId, string>();
  #defaultBackend: BackendRef | null = null;

  constructor(options: TranslateOptions, intake: ObjectIntake) {
    this.#options = options;
    this.#intake = intake;
  }

  get problems(): ProblemLedger {
    return this.#problems;
  }

  /** Brings every shard up to date. Never throws: what is wrong with objects is recorded as problems. */
  rebuild(snapshot: Snapshot, touched: Touched): void {
    this.#problems.record("classes", this.#intake.classProblems(snapshot));
    if (touched.settings) this.#mark("settings", ONLY);
    for (const key of touched.ingresses) {
      this.#problems.record(`plan ${key}`, this.#intake.index.plan(key)?.problems ?? []);
      this.#mark("backends", key);
    }
    if (touched.everything) this.#markEverything();
    for (const fact of touched.facts) this.#markReaders(fact);
    for (const kind of BUILD_KINDS) this.#buildAll(kind, snapshot);
  }

  /** What differs from the last call. */
  flush(): ModelDelta {
    return this.#shards.flush();
  }

  #mark(kind: BuildKind, key: string): void {
    this.#dirty.get(kind)?.add(key);
  }

  #markReaders(fact: Fact): void {
    for (const shard of this.#dependencies.readersOf(fact)) this.#markShard(shard);
    // A host that nobody claimed before has no shard yet that could have read the fact.
    const host = hostOfFact(fact);
    if (host !== null) this.#markHost(host);
  }

  #markHost(host: HostId): void {
    this.#mark("host", host);
    if (isWildcard(host)) this.#mark("wildcard-certificate", host);
  }

  #markShard(shard: ShardId): void {
    const space = shard.indexOf(" ");
    const kind = BUILD_KINDS.find((each) => each === shard.slice(0, space));
    if (kind !== undefined) this.#mark(kind, shard.slice(space + 1));
  }

  #markEverything(): void {
    for (const kind of BUILD_KINDS) for (const key of this.#rows[kind].keys()) this.#mark(kind, key);
  }

  /** All that there may be: those that are claimed, and those that were. */
  #hosts(): readonly HostId[] {
    return [...new Set([DEFAULT_HOST, ...this.#intake.index.hosts(), ...this.#shards.of.virtualHosts.keys()])];
  }

  #ingresses(): readonly string[] {
    return Array.from(this.#intake.index.plans(), ({ key }) => key);
  }

  #buildAll(kind: BuildKind, snapshot: Snapshot): void {
    const dirty = this.#dirty.get(kind);
    if (dirty === undefined || dirty.size === 0) return;
    const world = this.world(snapshot);
    for (const key of dirty) this.#build(kind, key, new IngressReader(world));
    dirty.clear();
    this.#followReferences();
  }

  #build(kind: BuildKind, key: string, reader: IngressReader): void {
    const shard = `${kind} ${key}`;
    const problems = this.#rows[kind].build(key, reader);
    this.#problems.record(shard, problems ?? []);
    if (problems === null) this.#dependencies.forget(shard);
    else this.#dependencies.record(shard, reader.facts);
  }

  #buildSettings(): readonly Problem[] {
    const { dataPlane, log, process } = this.#intake.settings;
    this.#shards.of.settings.put(ONLY, ONLY, { dataPlane, log, process });
    return this.#intake.settingsProblems;
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
    if (certificate === null) this.#shards.of.defaultCertificate.remove(ONLY);
    else this.#shards.of.defaultCertificate.put(ONLY, ONLY, certificate);
    this.#certificatesInUse.replace("default", new Map(certificate === null ? [] : [[certificate, certificate]]));
    return problems;
  }

  #buildWildcardCertificate(host: HostId, reader: IngressReader): readonly Problem[] | null {
    const certificate = claimedCertificate(reader, host)?.certificate ?? null;
    if (certificate !== (this.#wildcardCertificates.get(host) ?? null)) {
      if (certificate === null) this.#wildcardCertificates.delete(host);
      else this.#wildcardCertificates.set(host, certificate);
      this.#markReaders(wildcardCertificateFact(host));
    }
    return reader.claims(host).length === 0 ? null : [];
  }

  #buildHost(host: HostId, reader: IngressReader): readonly Problem[] | null {
    const { virtualHost, backends, problems } = translateHost(reader, host);
    const certificate = virtualHost?.certificate ?? null;
    const named = certificate === null || certificate === "default" ? [] : [[certificate, certificate] as const];
    this.#backendsInUse.replace(host, backends);
    this.#certificatesInUse.replace(`host ${host}`, new Map(named));
    if (virtualHost === null) this.#shards.of.virtualHosts.remove(host);
    else this.#shards.of.virtualHosts.put(host, host, virtualHost);
    return virtualHost === null && problems.length === 0 ? null : problems;
  }

  #checkBackends(key: string, reader: TrackedReader): readonly Problem[] | null {
    const plan = this.#intake.index.plan(key);
    return plan === undefined ? null : translateBackends(reader, plan);
  }

  #buildCertificate(key: string, reader: TrackedReader): readonly Problem[] | null {
    const [namespace = "", name = ""] = key.split("/");
    const parsed = this.#certificatesInUse.get(key) === undefined ? null : reader.certificate(namespace, name);
    if (parsed?.ok) this.#shards.of.certificates.put(key, key, parsed.value);
    else this.#shards.of.certificates.remove(key);
    return parsed === null ? null : [];
  }

  #buildUpstream(key: string, reader: TrackedReader): readonly Problem[] | null {
    const backend = this.#backendsInUse.get(key);
    if (backend === undefined) {
      this.#shards.of.upstreams.remove(key);
      return null;
    }
    const upstream = translateUpstream(reader, backend);
    this.#shards.of.upstreams.put(key, upstream.id, upstream);
    return [];
  }

  #buildEndpoints(key: string, reader: TrackedReader): readonly Problem[] | null {
    const backend = this.#backendsInUse.get(key);
    if (backend === undefined) {
      this.#shards.of.endpoints.remove(key);
      return null;
    }
    const traits = reader.traits(backend);
    const set = translateEndpoints(reader, backend, traits);
    this.#shards.of.endpoints.put(key, traits.id, { upstream: traits.id, ...set });
    return [];
  }

  /** What was built decides which upstreams and certificates the model holds. */
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
  world(snapshot: Snapshot): IngressWorld {
    const { settings, index, certificates } = this.#intake;
    return {
      snapshot,
      settings: settings.translation,
      backends: index,
      certificates,
      options: this.#options,
      wildcardCertificates: this.#wildcardCertificates,
      defaultBackend: this.#defaultBackend,
    };
  }
}

function isWildcard(host: HostId): boolean {
  return host.startsWith("*.");
}
