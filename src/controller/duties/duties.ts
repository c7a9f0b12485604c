import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Change, Snapshot } from "../../kubernetes/snapshot.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { ModelDelta } from "../../model/model.ts";
import type { Problem } from "../../model/problem.ts";
import { ApiClient } from "../api-source/api-client.ts";
import { type CredentialOptions, openCredentials } from "../api-source/credentials.ts";
import { Announcer } from "../events/announcer.ts";
import type { EventObject } from "../events/event-correlator.ts";
import { EventRecorder } from "../events/event-recorder.ts";
import { isStillThere as isThere } from "../events/object-reference.ts";
import { ReloadNews } from "../events/reload-news.ts";
import { ALWAYS_LEADING, ElectionLoop, type Leadership } from "../leader/leadership.ts";
import { LeaderElector } from "../leader/leader-elector.ts";
import { openLeaseStore } from "../leader/lease-client.ts";
import type { PodName } from "../status/own-pod.ts";
import { openStatusClient } from "../status/status-client.ts";
import { StatusWriter } from "../status/status-writer.ts";
import type { TranslatedBatch } from "../source.ts";
import { type WriteLimit, WriteRate } from "../write-rate.ts";
import { StatusDuty, type StatusDutyOptions } from "./status-duty.ts";

export interface DutiesOptions extends CredentialOptions {
  /** Null where POD_NAMESPACE or POD_NAME is not set: then there is no election, and nothing is cleared at the end. */
  readonly pod: PodName | null;
  /** Different for every replica and every start of one. */
  readonly identity: string;
  readonly election: ElectionRule;
  /** Null for `--update-status=false`. */
  readonly status: Pick<StatusDutyOptions, "addresses" | "intervalMs" | "atShutdown"> | null;
  /** `--kube-api-qps` and `--kube-api-burst`, for statuses and Events together; the Lease never waits. */
  readonly writes: WriteLimit;
  readonly syncEvents: "on" | "off";
  readonly configMap: ObjectKey | null;
  readonly logger: Logger;
  readonly clock: Clock;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  readonly timing?: Partial<DutyTiming>;
}

export type ElectionRule =
  | { readonly kind: "lease"; readonly namespace: string; readonly name: string; readonly ttlMs: number }
  /** `--disable-leader-election`: this replica is the only one, or every one writes. */
  | { readonly kind: "always" }
  /** Nobody knows which Lease: this replica writes nothing. */
  | { readonly kind: "never" };

interface DutyTiming {
  readonly requestMs: number;
  /** Between two Events. */
  readonly eventGapMs: number;
  /** For everything that is asked and cleared at the end. */
  readonly shutdownMs: number;
  readonly endpointGraceMs: number;
  /** Between two looks at the addresses of nodes. */
  readonly nodesMs: number;
}

/** A write must be over before another replica may lead: less than half of the shortest sensible `--election-ttl`. */
const DEFAULT_TIMING: DutyTiming = {
  requestMs: 10_000,
  eventGapMs: 20,
  shutdownMs: 20_000,
  endpointGraceMs: 10_000,
  nodesMs: 2_000,
};
const RELEASE_MS = 3_000;
const NEVER_LEADING: Leadership = { isLeader: false, leadSignal: () => AbortSignal.abort() };

/** Numbers for the metrics. */
export interface DutyCounts {
  readonly leading: boolean;
  readonly statusWrites: number;
  readonly statusFailures: number;
  readonly foreignStatusWrites: number;
  readonly droppedEvents: number;
}

/** Everything the controller writes back: the status of Ingresses, Events, and the Lease that says who may. */
export class Duties {
  readonly #options: DutiesOptions;
  readonly #client: ApiClient;
  readonly #served = new Set<ObjectKey>();
  readonly #rate: WriteRate;
  readonly #recorder: EventRecorder;
  readonly #reloads: ReloadNews;
  readonly #election: ElectionLoop | null;
  readonly #leadership: Leadership;
  #desk: StatusAndEvents | null = null;
  #snapshot: Snapshot | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: DutiesOptions) {
    const { clock, random, logger, election } = options;
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#options = options;
    this.#client = new ApiClient(openCredentials(options), { requestMs: timing.requestMs, watchIdleMs: 0 });
    const instance = options.pod?.name ?? options.identity;
    const gapMs = timing.eventGapMs;
    const isStillThere = (object: EventObject): boolean => this.#snapshot === null || isThere(object, this.#snapshot);
    const client = this.#client;
    const rate = new WriteRate(options.writes, clock);
    this.#rate = rate;
    this.#recorder = new EventRecorder({ client, clock, random, logger, instance, gapMs, rate, isStillThere });
    this.#reloads = new ReloadNews((event) => this.#recorder.record(event));
    this.#election = election.kind === "lease" ? this.#openElection(election) : null;
    this.#leadership = this.#election ?? (election.kind === "always" ? ALWAYS_LEADING : NEVER_LEADING);
  }

  /** What a translation came from and to. The first one starts the election: who does not serve yet does not lead. */
  onTranslated({ snapshot, changes, served }: TranslatedBatch): void {
    for (const key of served.added) this.#served.add(key);
    for (const key of served.removed) this.#served.delete(key);
    this.#snapshot = snapshot;
    const first = this.#desk === null;
    const desk = (this.#desk ??= this.#openDesk(snapshot));
    for (const key of served.removed) desk.status?.writer.forget(key);
    if (first) this.#start(desk);
    else this.#follow(desk, changes);
  }

  onProblems(changed: ReadonlyMap<string, readonly Problem[]>): void {
    this.#desk?.announcer.onProblems(changed);
  }

  onApplied(delta: ModelDelta): void {
    this.#desk?.announcer.onApplied(delta);
    this.#reloads.onApplied(delta);
  }

  get counts(): DutyCounts {
    const status = this.#desk?.status?.writer.counts;
    return {
      leading: this.#leadership.isLeader,
      statusWrites: status?.writes ?? 0,
      statusFailures: status?.failures ?? 0,
      foreignStatusWrites: status?.foreignWrites ?? 0,
      droppedEvents: this.#recorder.dropped,
    };
  }

  /** Clears the status if we are the last one out, writes the last Events, and gives the Lease back. May be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const desk = this.#desk;
    desk?.announcer.close();
    await this.#reloads.stop();
    await desk?.status?.stop();
    await this.#recorder.stop();
    await this.#election?.stop(desk ?? SILENT, RELEASE_MS);
    await this.#client.close();
  }

  #openElection(rule: Extract<ElectionRule, { kind: "lease" }>): ElectionLoop {
    const { identity, clock, logger, random } = this.#options;
    const store = openLeaseStore(this.#client, rule);
    return new ElectionLoop(new LeaderElector({ store, identity, durationMs: rule.ttlMs, clock }), logger, random);
  }

  #openDesk(snapshot: Snapshot): StatusAndEvents {
    const { syncEvents, configMap, timing, status } = this.#options;
    const leadership = this.#leadership;
    const announcer = new Announcer({
      snapshot,
      served: this.#served,
      leadership,
      syncEvents,
      configMap,
      endpointGraceMs: timing?.endpointGraceMs ?? DEFAULT_TIMING.endpointGraceMs,
      ownPod: () => this.#reloads.pod,
      record: (event) => this.#recorder.record(event),
    });
    return new StatusAndEvents(announcer, status && this.#openStatus(status, snapshot, announcer));
  }

  #openStatus(
    rule: Pick<StatusDutyOptions, "addresses" | "intervalMs" | "atShutdown">,
    snapshot: Snapshot,
    announcer: Announcer,
  ): StatusDuty {
    const { logger, random, timing, pod } = this.#options;
    const leadership = this.#leadership;
    const writer = new StatusWriter({
      patch: openStatusClient(this.#client),
      leadership,
      snapshot,
      served: this.#served,
      logger,
      random,
      rate: this.#rate,
      onForeignWrite: (key, found, wanted) => {
        const message = `another controller wrote the status of this Ingress (${found === "" ? "empty" : found} instead of ${wanted}); it is put right once and then left alone: let only one controller serve the class, or start the other with --update-status=false`;
        logger.warn({ object: `Ingress ${key}`, found, wanted }, "another controller wrote the status");
        announcer.warn(key, "StatusConflict", message);
      },
    });
    const { shutdownMs, nodesMs } = { ...DEFAULT_TIMING, ...timing };
    const client = this.#client;
    return new StatusDuty({ ...rule, writer, leadership, snapshot, client, logger, pod, shutdownMs, nodesMs });
  }

  #start(desk: StatusAndEvents): void {
    const { pod } = this.#options;
    if (pod !== null) this.#reloads.start(this.#client, pod);
    if (this.#election !== null) this.#election.start(desk);
    else if (this.#leadership.isLeader) desk.onStarted();
    desk.status?.start();
  }

  #follow(desk: StatusAndEvents, changes: readonly Change[]): void {
    desk.announcer.onChanges(changes);
    desk.status?.onChanges(changes);
  }
}

const SILENT = { onStarted: () => {}, onStopped: () => {} };

/** What works on one snapshot: there is none before the first translation. */
class StatusAndEvents {
  readonly announcer: Announcer;
  readonly status: StatusDuty | null;

  constructor(announcer: Announcer, status: StatusDuty | null) {
    this.announcer = announcer;
    this.status = status;
  }

  onStarted(): void {
    this.announcer.startTerm();
    this.status?.startTerm();
  }

  onStopped(): void {}
}
