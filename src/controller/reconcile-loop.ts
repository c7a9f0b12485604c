import { kindAndKey, type ObjectKey } from "../kubernetes/object-key.ts";
import type { Kind } from "../kubernetes/objects.ts";
import { isReplacement, type Snapshot } from "../kubernetes/snapshot.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import { EMPTY_DELTA, isEmptyDelta, mergeDeltas } from "../model/delta.ts";
import type { ModelDelta } from "../model/model.ts";
import type { Problem } from "../model/problem.ts";
import { ProblemBook } from "./problem-book.ts";
import {
  KINDS,
  type ModelTranslation,
  type ModelTranslator,
  type ObjectSource,
  type ReferencedKind,
  type SourceListener,
  type TranslatedBatch,
} from "./source.ts";
import { Store } from "./store.ts";

export interface ControllerOptions {
  readonly sources: readonly ObjectSource[];
  readonly translator: ModelTranslator;
  readonly sink: PublicationSink;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Shortest time between two publications. A change after a longer pause is published at once. */
  readonly holdOffMs: number;
  /** Called with the keys whose problems changed, or that are of new objects; an empty list says that the key has none left. */
  onProblems(changed: ReadonlyMap<string, readonly Problem[]>): void;
  /** Called after each translation, before its model is published. */
  onTranslated?(batch: TranslatedBatch): void;
  /** Called when all that was heard of is translated: right before it is published, or when there is nothing to publish. */
  onSettled?(outcome: "publishes" | "changes-nothing"): void;
}

/** Who takes publications: the data plane. */
interface PublicationSink {
  /** `heardAtMs`: monotonic milliseconds at which a source told the first of the changes in it. */
  apply(delta: ModelDelta, heardAtMs: number): void;
}

/** A route may wait this long for the certificate it newly refers to; then it is published without it. */
const REFERENCE_WAIT_MS = 500;
/** The same before the first publication, when everything that is referred to has to be fetched. */
const FIRST_WAIT_MS = 30_000;
const TRANSLATION = "translation";
/** What arrives together is published together also after a pause. */
const GATHER_MS = 2;

/**
 * The one loop from objects to model: sources fill the store, and the changes are translated and published in one step, a lone one at
 * once, those of a burst after a short hold-off. Nothing is published before every source has delivered every kind once.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #store: Store;
  readonly #problems = new ProblemBook();
  readonly #unsynced = new Set<string>();
  readonly #firstPublished = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | null = null;
  /** When it fires: what is due sooner takes its place. */
  #dueMs = 0;
  #translated = false;
  #pending: ModelDelta = EMPTY_DELTA;
  #fetching = 0;
  #waitUntilMs: number | null = null;
  /** When the first change was heard that is not translated yet, and the first that is not published yet. */
  #heardAtMs: number | null = null;
  #translatedHeardAtMs: number | null = null;
  #stopped = false;
  #lastCycleMs = Number.NEGATIVE_INFINITY;
  #generation = 0;
  #lastAppliedAtMs = 0;
  #failures = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#store = new Store((kind, key) => options.translator.isReferenced(kind, key));
    for (const source of options.sources) for (const kind of KINDS) this.#unsynced.add(syncId(source, kind));
  }

  start(): void {
    for (const source of this.#options.sources) source.start(this.#listenerFor(source));
  }

  /** Stops the sources; the last published model stays in force. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await Promise.all(this.#options.sources.map((source) => source.stop()));
  }

  /** True once the first whole model has been published. */
  get synced(): boolean {
    return this.#generation > 0;
  }

  /** Rejects with the signal's reason. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.#firstPublished.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** How many models have been published. */
  get generation(): number {
    return this.#generation;
  }

  /** Wall-clock time of the last publication; 0 before the first. */
  get lastAppliedAtMs(): number {
    return this.#lastAppliedAtMs;
  }

  /** Translations or publications that threw, which is a bug each time; the model before them stayed in force. */
  get failures(): number {
    return this.#failures;
  }

  /** The objects as last heard of; changes between two turns of the event loop. */
  get snapshot(): Snapshot {
    return this.#store;
  }

  objectCount(kind: Kind): number {
    return this.#store.count(kind);
  }

  #listenerFor(source: ObjectSource): SourceListener {
    const everything = (): boolean => true;
    return {
      replace: (kind, objects, within) => this.#changed(() => this.#store.replace(kind, objects, within ?? everything)),
      upsert: (object) => this.#changed(() => this.#store.upsert(object)),
      remove: (kind, key) => this.#changed(() => this.#store.remove(kind, key)),
      noteVersion: (kind, key, version) => this.#changed(() => this.#store.noteVersion(kind, key, version)),
      noteVersions: (kind, versions, within) => this.#changed(() => this.#store.noteVersions(kind, versions, within)),
      synced: (kind) => this.#changed(() => this.#unsynced.delete(syncId(source, kind))),
      problems: (key, problems) => this.#changed(() => this.#problems.set(source.name, key, problems)),
    };
  }

  #changed(change: () => void): void {
    if (this.#stopped) return;
    change();
    this.#heardAtMs ??= this.#options.clock.monotonicMs();
    const { clock, holdOffMs } = this.#options;
    this.#schedule(Math.max(GATHER_MS, this.#lastCycleMs + holdOffMs - clock.monotonicMs()));
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    const dueMs = this.#options.clock.monotonicMs() + delayMs;
    if (this.#timer !== null && this.#dueMs <= dueMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => this.#cycle(), delayMs);
  }

  #cycle(): void {
    this.#timer = null;
    this.#lastCycleMs = this.#options.clock.monotonicMs();
    for (const { kind, key } of this.#store.takeOutdated()) this.#fetch(kind, key);
    if (this.#unsynced.size === 0 && (this.#store.hasChanges || !this.#translated)) this.#translate();
    // What is not there yet may be there in a moment: that is no problem to be told.
    if (this.#unsynced.size === 0 && this.#publishOrWait() === "waiting") return;
    const problems = this.#problems.takeChanged();
    if (problems.size > 0) this.#options.onProblems(problems);
  }

  #translate(): void {
    this.#translatedHeardAtMs ??= this.#heardAtMs;
    this.#heardAtMs = null;
    const changes = this.#store.takeChanges();
    const translation = this.#guard("translation failed", () => this.#options.translator.update(this.#store, changes));
    if (translation === undefined) return;
    this.#translated = true;
    this.#pending = mergeDeltas(this.#pending, translation.delta);
    for (const [key, problems] of translation.problems) this.#problems.set(TRANSLATION, key, problems);
    for (const change of changes) if (isReplacement(change)) this.#problems.retell(kindAndKey(change.kind, change.key));
    this.#store.releaseUnreferenced();
    this.#fetchMissing(translation);
    const { served } = translation;
    this.#guard("an observer failed", () => this.#options.onTranslated?.({ snapshot: this.#store, changes, served }));
  }

  #fetchMissing(translation: ModelTranslation): void {
    const { sources } = this.#options;
    for (const { kind, key } of translation.newReferences) {
      if (this.#store.isUnheld(kind, key) || sources.some((source) => !source.tells(kind))) this.#fetch(kind, key);
    }
  }

  #fetch(kind: ReferencedKind, key: ObjectKey): void {
    this.#fetching++;
    void this.#fetchFrom(kind, key);
  }

  async #fetchFrom(kind: ReferencedKind, key: ObjectKey): Promise<void> {
    const wanted = (): boolean => !this.#stopped && this.#options.translator.isReferenced(kind, key);
    await Promise.allSettled(this.#options.sources.map((source) => source.fetch(kind, key, wanted)));
    this.#fetching--;
    if (this.#fetching === 0) this.#schedule(0);
  }

  #publishOrWait(): "waiting" | "done" {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#fetching > 0 && !isEmptyDelta(this.#pending)) {
      this.#waitUntilMs ??= nowMs + (this.synced ? REFERENCE_WAIT_MS : FIRST_WAIT_MS);
      if (nowMs < this.#waitUntilMs) {
        this.#schedule(Math.max(1, this.#waitUntilMs - nowMs));
        return "waiting";
      }
    }
    this.#waitUntilMs = null;
    const publishes = !this.synced || !isEmptyDelta(this.#pending);
    this.#guard("an observer failed", () => this.#options.onSettled?.(publishes ? "publishes" : "changes-nothing"));
    if (publishes) this.#publish();
    return "done";
  }

  #publish(): void {
    const delta = this.#pending;
    this.#pending = EMPTY_DELTA;
    const heardAtMs = this.#translatedHeardAtMs ?? this.#options.clock.monotonicMs();
    this.#translatedHeardAtMs = null;
    this.#guard("publication failed", () => this.#options.sink.apply(delta, heardAtMs));
    this.#generation++;
    this.#lastAppliedAtMs = this.#options.clock.nowMs();
    this.#firstPublished.resolve();
  }

  /** Both ends promise not to throw. If one does, the next change must still get through. */
  #guard<T>(message: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.#failures++;
      this.#options.logger.error({ err: error }, message);
      return undefined;
    }
  }
}

function syncId(source: ObjectSource, kind: Kind): string {
  return `${source.name}/${kind}`;
}
