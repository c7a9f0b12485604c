import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Kind, KubernetesObject } from "../../kubernetes/objects.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { ObjectSource, ReferencedKind, SourceListener } from "../source.ts";
import { ApiClient } from "./api-client.ts";
import type { WatchStats } from "./contact.ts";
import { type CredentialOptions, openCredentials } from "./credentials.ts";
import { NamespaceSelection } from "./namespace-selection.ts";
import { NamedRefresh } from "./named-refresh.ts";
import type { ReadOutcome } from "./named-reader.ts";
import { Recovery, type RecoveryStats } from "./recovery.ts";
import { Reflector } from "./reflector.ts";
import { planTargets, type TargetOptions, type WatchTarget } from "./targets.ts";

export interface ApiSourceOptions extends CredentialOptions, TargetOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number;
  /** Of Secrets and ConfigMaps that may not be listed, so many are read again a second at most; 1 at least. */
  readonly readsPerSecond: number;
  readonly timing?: ApiTiming;
}

interface ApiTiming {
  /** For one whole list page or object, and for the head of a watch. */
  readonly requestMs: number;
  /** A watch without a byte for so long is opened again. */
  readonly watchIdleMs: number;
  /** Between two reads of what can only be read by name, at least: of many objects each is read less often. */
  readonly refreshMs: number;
  /** Between two looks for what does not exist. */
  readonly missingMs: number;
  /** How long IngressClasses have to be refused, where they may be, before Ingresses are chosen without them. */
  readonly refusedGraceMs: number;
  readonly backOffFirstMs: number;
  readonly backOffMaxMs: number;
}

/**
 * Bookmarks come about every minute where etcd tells its progress, and never where it does not: two and a half minutes of silence are no
 * failure, but the reason to look whether somebody is there.
 */
const DEFAULT_TIMING: ApiTiming = {
  requestMs: 30_000,
  watchIdleMs: 150_000,
  refreshMs: 2_000,
  missingMs: 1000,
  refusedGraceMs: 5_000,
  backOffFirstMs: 250,
  backOffMaxMs: 5_000,
};
/** How often the files of the credentials are looked at while the API server does not answer as it should. */
const CREDENTIALS_LOOK_MS = 500;

/** The API server as a source: one reflector a kind, each on its own connection and with its own troubles. */
export class ApiSource implements ObjectSource {
  readonly name = "api";
  readonly #options: ApiSourceOptions;
  readonly #client: ApiClient;
  readonly #selection: NamespaceSelection | null;
  readonly #reflectors: { readonly target: WatchTarget; readonly reflector: Reflector }[] = [];
  readonly #refresh: NamedRefresh;
  readonly #recovery: Recovery;
  readonly #credentialsLook: NodeJS.Timeout;
  readonly #openedAtMs: number;
  #stopped = false;

  constructor(options: ApiSourceOptions) {
    this.#options = options;
    this.#openedAtMs = options.clock.nowMs();
    this.#recovery = new Recovery(options.clock);
    this.#client = new ApiClient(openCredentials(options), options.timing ?? DEFAULT_TIMING);
    const { refreshMs, missingMs } = options.timing ?? DEFAULT_TIMING;
    this.#refresh = new NamedRefresh({
      refreshMs,
      missingMs,
      mostPerSecond: options.readsPerSecond,
      isTold: (kind, key) => this.#reflectorOf(kind, key)?.forbidden !== true,
      read: (kind, key, wanted) => this.#read(kind, key, wanted),
    });
    this.#credentialsLook = setInterval(() => this.#lookAtCredentials(), CREDENTIALS_LOOK_MS);
    this.#selection = options.watchNamespaceSelector === "" ? null : new NamespaceSelection(options.alwaysWatch);
  }

  start(listener: SourceListener): void {
    const targets = planTargets(this.#options);
    const namespaces = targets.filter((target) => target.kind === "Namespace");
    const others = targets.filter((target) => target.kind !== "Namespace");
    if (this.#selection === null) {
      listener.synced("Namespace");
      return this.#startAll(others, listener);
    }
    // What is selected must be known before anything is judged by it.
    const selecting = this.#selection.listen(listener, {
      onReady: () => this.#startAll(others, listener),
      onChanged: () => this.#relist(),
    });
    this.#startAll(namespaces, selecting);
  }

  tells(kind: ReferencedKind): boolean {
    return !this.#reflectors.some(({ target, reflector }) => target.kind === kind && reflector.forbidden);
  }

  async fetch(kind: ReferencedKind, key: ObjectKey, wanted: () => boolean): Promise<void> {
    const outcome = await this.#read(kind, key, wanted);
    if (!this.#stopped && outcome !== "not wanted") this.#refresh.add({ kind, key, wanted, outcome });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#credentialsLook);
    const refreshed = this.#refresh.stop();
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.stop()));
    await refreshed;
    await this.#client.close();
  }

  /** Per API path. */
  stats(): ReadonlyMap<string, WatchStats> {
    return new Map(this.#reflectors.map(({ target, reflector }) => [target.path, reflector.stats]));
  }

  get recovery(): RecoveryStats {
    return this.#recovery.stats;
  }

  /** By kind: whether every change is heard of. Kinds that the roles do not grant are left out. */
  followed(): ReadonlyMap<string, boolean> {
    const followed = new Map<string, boolean>();
    for (const { target, reflector } of this.#reflectors) {
      const own = this.#recovery.isFollowed(reflector);
      if (own !== null) followed.set(target.kind, own && (followed.get(target.kind) ?? true));
    }
    return followed;
  }

  /** By kind: milliseconds since the API server was last heard of it, or since the start. Of several namespaces the longest. */
  silencesMs(): ReadonlyMap<string, number> {
    const silences = new Map<string, number>();
    const nowMs = this.#options.clock.nowMs();
    for (const { target, reflector } of this.#reflectors) {
      const silenceMs = Math.max(0, nowMs - Math.max(this.#openedAtMs, reflector.stats.lastContactAtMs));
      silences.set(target.kind, Math.max(silenceMs, silences.get(target.kind) ?? 0));
    }
    return silences;
  }

  async #read(kind: ReferencedKind, key: ObjectKey, wanted: () => boolean): Promise<ReadOutcome> {
    return (await this.#reflectorOf(kind, key)?.fetch(key, wanted)) ?? "not wanted";
  }

  #reflectorOf(kind: ReferencedKind, key: ObjectKey): Reflector | undefined {
    return this.#reflectors.find(({ target }) => target.kind === kind && target.within(key))?.reflector;
  }

  /** A kind is synced when each of its targets is. */
  #startAll(targets: readonly WatchTarget[], listener: SourceListener): void {
    if (this.#stopped) return;
    for (const [kind, ofKind] of Map.groupBy(targets, (target) => target.kind)) {
      let unsynced = ofKind.length;
      const onSynced = (): void => {
        unsynced--;
        if (unsynced === 0) listener.synced(kind);
      };
      for (const target of ofKind) {
        const reflector = this.#openReflector(target, listener, onSynced);
        this.#reflectors.push({ target, reflector });
        reflector.start();
      }
    }
  }

  #openReflector(target: WatchTarget, listener: SourceListener, onSynced: () => void): Reflector {
    const { logger, clock, random, timing = DEFAULT_TIMING } = this.#options;
    const backOff = { firstMs: timing.backOffFirstMs, maxMs: timing.backOffMaxMs, random };
    const accepts = (object: KubernetesObject): boolean => this.#selection?.accepts(object) ?? true;
    const acceptsKey = (kind: ReferencedKind, key: ObjectKey): boolean =>
      this.#selection?.acceptsKey(kind, key) ?? true;
    const shared = { client: this.#client, recovery: this.#recovery, logger, clock, backOff };
    const refusedGraceMs = this.#refusedGraceMs(target.kind, timing);
    return new Reflector({ ...shared, target, listener, accepts, acceptsKey, refusedGraceMs, onSynced });
  }

  /**
   * IngressClasses decide which routes there are. Only an install of one namespace may have no right to them, and a server that is just
   * starting may not know the roles yet. Secrets and ConfigMaps are read by name meanwhile.
   */
  #refusedGraceMs(kind: Kind, timing: ApiTiming): number {
    if (kind !== "IngressClass") return 0;
    return this.#options.watchNamespace === "" ? Number.POSITIVE_INFINITY : timing.refusedGraceMs;
  }

  #lookAtCredentials(): void {
    if (this.#recovery.incomplete && this.#client.noticeNewCredentials()) this.#recovery.wake();
  }

  #relist(): void {
    for (const { target, reflector } of this.#reflectors) if (target.kind !== "Namespace") reflector.relist();
  }
}

export function openApiSource(options: ApiSourceOptions): ApiSource {
  return new ApiSource(options);
}
