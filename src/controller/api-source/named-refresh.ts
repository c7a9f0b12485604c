import { kindAndKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { ReferencedKind } from "../source.ts";
import type { ReadOutcome } from "./named-reader.ts";

export interface NamedRefreshOptions {
  /** Between two reads of all that is there. */
  readonly refreshMs: number;
  /** Between two reads of what is not there: of the ten that waited longest. */
  readonly missingMs: number;
  /** True where a watch tells what becomes of the object. */
  isTold(kind: ReferencedKind, key: ObjectKey): boolean;
  read(kind: ReferencedKind, key: ObjectKey, wanted: () => boolean): Promise<ReadOutcome>;
}

interface Entry {
  readonly kind: ReferencedKind;
  readonly key: ObjectKey;
  readonly wanted: () => boolean;
  readonly outcome: ReadOutcome;
}

/** So many requests in a round, however many references lead nowhere. */
const MISSING_IN_A_ROUND = 10;

/**
 * For kinds that may be read by name and not be listed: what is referred to is read again at an interval, since no watch tells of its
 * changes. What is missing is looked for much more often: a certificate is waited for.
 */
export class NamedRefresh {
  readonly #options: NamedRefreshOptions;
  readonly #entries = new Map<string, Entry>();
  /** Those of the entries that were missing when last looked for, the longest ago first. */
  readonly #missing = new Map<string, Entry>();
  readonly #rounds: readonly Rounds[];

  constructor(options: NamedRefreshOptions) {
    this.#options = options;
    this.#rounds = [
      new Rounds(options.refreshMs, () => this.#readAll([...this.#entries.values()])),
      new Rounds(options.missingMs, () => this.#readAll([...this.#missing.values()].slice(0, MISSING_IN_A_ROUND))),
    ];
  }

  /** Something refers to the object, and this came of the first attempt to read it. */
  add(entry: Entry): void {
    const id = kindAndKey(entry.kind, entry.key);
    this.#entries.set(id, entry);
    this.#missing.delete(id);
    if (entry.outcome === "missing") this.#missing.set(id, entry);
  }

  /** The reads under way must be ended by their own means. */
  async stop(): Promise<void> {
    this.#entries.clear();
    this.#missing.clear();
    await Promise.all(this.#rounds.map((rounds) => rounds.stop()));
  }

  async #readAll(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      const id = kindAndKey(entry.kind, entry.key);
      if (!entry.wanted()) {
        this.#entries.delete(id);
        this.#missing.delete(id);
      } else if (this.#entries.has(id)) this.add(await this.#readAgain(entry));
    }
  }

  async #readAgain(entry: Entry): Promise<Entry> {
    const { kind, key, wanted, outcome } = entry;
    if (outcome !== "forbidden" && this.#options.isTold(kind, key)) return entry;
    return { ...entry, outcome: await this.#options.read(kind, key, wanted) };
  }
}

/** Runs a round at an interval; while one takes longer, the next ones are left out. */
class Rounds {
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;

  constructor(intervalMs: number, round: () => Promise<void>) {
    this.#timer = setInterval(() => {
      this.#running ??= round().finally(() => {
        this.#running = null;
      });
    }, intervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
