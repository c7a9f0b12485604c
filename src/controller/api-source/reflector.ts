import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Kind } from "../../kubernetes/objects.ts";
import { newerVersion } from "../resource-version.ts";
import { isReferencedKind } from "../source.ts";
import { type ApiClient, type ApiFailure, isQuiet, isStatus, reasonOf } from "./api-client.ts";
import { BackOff, type BackOffOptions } from "./back-off.ts";
import { Contact, type ContactOptions, type WatchStats } from "./contact.ts";
import { splitLines } from "./lines.ts";
import { listAll } from "./list.ts";
import { MetadataFeed } from "./metadata-feed.ts";
import { NamedReader, type ReadOutcome } from "./named-reader.ts";
import { type Feed, type FeedOptions, ObjectFeed } from "./object-feed.ts";
import type { Follower, Recovery } from "./recovery.ts";
import { watchForm } from "./targets.ts";
import { parseWatchEvent, type WatchEvent } from "./watch-event.ts";

export interface ReflectorOptions extends FeedOptions, ContactOptions {
  readonly client: ApiClient;
  readonly backOff: BackOffOptions;
  /** What all reflectors of this server know together. */
  readonly recovery: Recovery;
  /** How long it has to be refused before others go on without this kind; infinite where they never do. */
  readonly refusedGraceMs: number;
  /** The first whole list was delivered, or there will be none. */
  onSynced(): void;
}

/** An etcd object has at most 1.5 MB; its JSON, with managed fields, is rarely twice that. */
const EVENT_LIMIT_BYTES = 16 * 1024 * 1024;
/** The server ends a watch after 5 to 10 minutes, not all at the same time. */
const WATCH_SECONDS = 300;
/** A watch that ends sooner, and without an event, is no progress. */
const SHORT_WATCH_MS = 1000;
/** Where the roles do not grant a kind that may be left out, it is asked for so often at most. */
const REFUSED_MAX_MS = 30_000;
/** What was asked for so shortly before the server was back was asked of the server of now. */
const FRESH_MS = 1000;

/**
 * Keeps one kind of objects equal to the API server's: list, then watch from there, for ever. Losing the server changes nothing
 * in what was delivered; only a complete list or an event does.
 */
export class Reflector implements Follower {
  readonly #options: ReflectorOptions;
  readonly #feed: Feed;
  readonly #contact: Contact;
  readonly #backOff: BackOff;
  /** While there is nothing to hope for but a new role. */
  readonly #patience: BackOff;
  readonly #life = new AbortController();
  readonly #reader: NamedReader;
  #round = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Version up to which everything has been heard. */
  #position = "";
  #needsList = true;
  #synced = false;
  #forbidden = false;
  #refusedSinceMs: number | null = null;
  /** Lists in a row that were begun because a version was too old. */
  #goneInRow = 0;
  /** When the request or watch under way began. */
  #askedAtMs = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    const { kind } = options.target;
    this.#feed = isReferencedKind(kind) ? new MetadataFeed(kind, options) : new ObjectFeed(options);
    this.#contact = new Contact(options);
    this.#backOff = new BackOff(options.backOff);
    this.#patience = new BackOff({ ...options.backOff, maxMs: Math.max(options.backOff.maxMs, REFUSED_MAX_MS) });
    const { client, recovery, backOff } = options;
    this.#reader = new NamedReader({
      client,
      kind,
      feed: this.#feed,
      contact: this.#contact,
      recovery,
      backOff,
      follower: this,
      isBlind: () => this.#forbidden,
      signal: this.#life.signal,
    });
    recovery.behind(this);
  }

  get stats(): WatchStats {
    return this.#contact.stats;
  }

  /** True while the server does not let us list, so that nothing is told unless it is fetched. */
  get forbidden(): boolean {
    return this.#forbidden;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Returns when no request and no timer is left. */
  async stop(): Promise<void> {
    this.#life.abort();
    this.#round.abort();
    await this.#running;
  }

  /** Lists again as soon as possible, for instance because `accepts` changed its mind. */
  relist(): void {
    this.#needsList = true;
    this.#round.abort();
  }

  /** What was asked of the server before it was away may never be answered: it is asked again, from where we are. */
  renew(): void {
    if (this.#options.clock.monotonicMs() - this.#askedAtMs > FRESH_MS) this.#round.abort();
  }

  /** Reads one object by name. */
  fetch(key: ObjectKey, wanted: () => boolean): Promise<ReadOutcome> {
    return this.#reader.read(key, wanted);
  }

  async #run(): Promise<void> {
    const { recovery } = this.#options;
    while (!this.#life.signal.aborted) {
      this.#round = new AbortController();
      const { signal } = this.#round;
      const failure = (this.#needsList ? await this.#list(signal) : null) ?? (await this.#watch(signal));
      if (failure === null || signal.aborted) continue;
      this.#contact.failed(failure, recovery.state);
      const excused = recovery.isFollowed(this) === null;
      await recovery.pause(excused ? this.#patience : this.#backOff, failure, signal);
    }
  }

  /** Null where there is nothing to wait for: a version that is too old is cured by a list, but not for ever. */
  #failed(failure: ApiFailure): ApiFailure | null {
    const { recovery, target } = this.#options;
    if (isStatus(failure, 410)) {
      this.#needsList = true;
      recovery.behind(this);
      return ++this.#goneInRow > 1 ? failure : null;
    }
    recovery.failed(this, failure, this.#askedAtMs);
    if (isStatus(failure, 403) && mayBeForbidden(target.kind)) this.#excuse();
    return failure;
  }

  /** It may be done without, while it must not be listed or not be watched any more. */
  #excuse(): void {
    this.#options.recovery.excused(this);
    if (!this.#forbidden) this.#feed.notTold();
    this.#forbidden = true;
    this.#needsList = true;
  }

  async #list(signal: AbortSignal): Promise<ApiFailure | null> {
    const { client, target, recovery, clock } = this.#options;
    this.#askedAtMs = clock.monotonicMs();
    const listed = await listAll(client, target, (item) => this.#feed.read(item), signal);
    if (signal.aborted) return null;
    if (!listed.ok) {
      const failure = this.#failed(listed.error);
      if (this.#forbidden && this.#isRefusedForGood()) this.#declareSynced();
      return failure;
    }
    recovery.answered(this);
    this.#needsList = false;
    this.#forbidden = false;
    this.#position = listed.value.resourceVersion;
    this.#contact.listed();
    this.#feed.replace(listed.value.items, this.#position);
    this.#declareSynced();
    return null;
  }

  #isRefusedForGood(): boolean {
    const { clock, refusedGraceMs } = this.#options;
    this.#refusedSinceMs ??= clock.monotonicMs();
    return clock.monotonicMs() - this.#refusedSinceMs >= refusedGraceMs;
  }

  #declareSynced(): void {
    if (!this.#synced) this.#options.onSynced();
    this.#synced = true;
  }

  async #watch(signal: AbortSignal): Promise<ApiFailure | null> {
    if (signal.aborted || this.#needsList) return null;
    const { client, clock } = this.#options;
    const startMs = clock.monotonicMs();
    this.#askedAtMs = startMs;
    const eventsBefore = this.stats.events;
    const opened = await client.openStream(this.#watchPath(), signal, watchForm(this.#options.target));
    const outcome = opened.ok ? await this.#follow(opened.value, signal) : opened.error;
    if (signal.aborted) return null;
    const lastedMs = opened.ok ? clock.monotonicMs() - startMs : 0;
    const progress = outcome === "quiet" || this.stats.events > eventsBefore || lastedMs >= SHORT_WATCH_MS;
    if (progress) this.#progressed();
    if (typeof outcome === "object") return this.#failed(outcome);
    return progress ? null : this.#failed({ kind: "network", message: "the watch ended at once" });
  }

  #progressed(): void {
    this.#goneInRow = 0;
    this.#backOff.reset();
    this.#patience.reset();
  }

  #watchPath(): string {
    const { target, backOff } = this.#options;
    const query = new URLSearchParams({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: this.#position,
      timeoutSeconds: String(WATCH_SECONDS + Math.floor(backOff.random() * WATCH_SECONDS)),
    });
    if (target.fieldSelector !== "") query.set("fieldSelector", target.fieldSelector);
    if (target.labelSelector !== "") query.set("labelSelector", target.labelSelector);
    return `${target.path}?${query.toString()}`;
  }

  async #follow(body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ApiFailure | "ended" | "quiet"> {
    this.#contact.watching();
    this.#options.recovery.answered(this);
    this.#options.recovery.followed(this);
    try {
      for await (const line of splitLines(body, EVENT_LIMIT_BYTES)) {
        if (signal.aborted) return "ended";
        // Too long to be an object: skipped, since asking again would bring it again.
        const failure = line.kind === "text" ? this.#take(parseWatchEvent(line.text)) : null;
        if (failure !== null) return failure;
      }
      return "ended";
    } catch (error) {
      // Quiet for long: alive or not, another watch from here tells.
      return isQuiet(error) ? "quiet" : { kind: "network", message: reasonOf(error) };
    }
  }

  #take(event: WatchEvent): ApiFailure | null {
    if (event.kind === "error") {
      return { kind: "status", status: event.code, message: event.message, retryAfterMs: null };
    }
    if (event.kind === "malformed") {
      // What it should have said is lost: only a list brings certainty.
      this.#needsList = true;
      return { kind: "network", message: "the watch sent something that is no event" };
    }
    if (event.kind === "bookmark") this.#advance(event.resourceVersion);
    else this.#takeObject(event);
    return null;
  }

  #takeObject(event: Extract<WatchEvent, { kind: "changed" | "deleted" }>): void {
    const item = this.#feed.read(event.object);
    this.#advance(item.version);
    if (event.kind === "changed") return this.#feed.change(item);
    this.#feed.delete(item);
  }

  #advance(version: string): void {
    this.#position = newerVersion(this.#position, version);
    this.#contact.heardEvent();
  }
}

/**
 * An install that may read one namespace only cannot see IngressClasses; then Ingresses are chosen by annotation alone. And where Secrets
 * and ConfigMaps may be read but not be listed, they are read by name.
 */
function mayBeForbidden(kind: Kind): boolean {
  return kind === "IngressClass" || isReferencedKind(kind);
}
