import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Kind } from "../../kubernetes/objects.ts";
import { type ApiClient, type ApiFailure, isStatus } from "./api-client.ts";
import { BackOff, type BackOffOptions } from "./back-off.ts";
import type { Contact } from "./contact.ts";
import type { Feed } from "./object-feed.ts";
import { readByName } from "./read-by-name.ts";
import type { Follower, Recovery } from "./recovery.ts";

/** What came of reading an object by its name; `forbidden`: somebody has to grant it first. */
export type ReadOutcome = "read" | "missing" | "forbidden" | "not wanted";

export interface NamedReaderOptions {
  readonly client: ApiClient;
  readonly kind: Kind;
  readonly feed: Feed;
  readonly contact: Contact;
  readonly recovery: Recovery;
  readonly backOff: BackOffOptions;
  /** Whom answers are news of. */
  readonly follower: Follower;
  /** True while no watch tells what is gone. */
  readonly isBlind: () => boolean;
  readonly signal: AbortSignal;
}

interface NamedRead {
  readonly done: Promise<ReadOutcome>;
  /** For who asked while it was under way, since it may have seen less than they heard of. */
  again: Promise<ReadOutcome> | null;
}

/** Reads whole objects by name, one at a time of each, so that the last read to start is the last one to be heard. */
export class NamedReader {
  readonly #options: NamedReaderOptions;
  readonly #reads = new Map<ObjectKey, NamedRead>();

  constructor(options: NamedReaderOptions) {
    this.#options = options;
  }

  /** For ever until the object is there, is known not to exist, may not be read or is not wanted any more. */
  async read(key: ObjectKey, wanted: () => boolean): Promise<ReadOutcome> {
    const underWay = this.#reads.get(key);
    if (underWay !== undefined) return await (underWay.again ??= underWay.done.then(() => this.read(key, wanted)));
    const done = this.#readUntilKnown(key, wanted).finally(() => this.#reads.delete(key));
    this.#reads.set(key, { done, again: null });
    return await done;
  }

  async #readUntilKnown(key: ObjectKey, wanted: () => boolean): Promise<ReadOutcome> {
    const { client, kind, recovery, follower, signal } = this.#options;
    const backOff = new BackOff(this.#options.backOff);
    while (!signal.aborted && wanted()) {
      const answer = await readByName(client, kind, key, signal);
      if (signal.aborted) break;
      if (answer.ok || isStatus(answer.error, 404)) recovery.answered(follower);
      if (answer.ok) {
        this.#options.feed.fetched(answer.value);
        return "read";
      }
      const known = this.#outcomeOf(key, answer.error);
      if (known !== null) return known;
      await recovery.pause(backOff, answer.error, signal);
    }
    return "not wanted";
  }

  /** Null where asking again may bring more. */
  #outcomeOf(key: ObjectKey, failure: ApiFailure): ReadOutcome | null {
    const { feed, contact, recovery, isBlind } = this.#options;
    if (isStatus(failure, 404)) {
      if (isBlind()) feed.missing(key);
      return "missing";
    }
    if (!isStatus(failure, 403) || recovery.state === "returning") return null;
    contact.failed(failure, recovery.state);
    return "forbidden";
  }
}
