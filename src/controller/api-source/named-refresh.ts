import { kindAndKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { ReferencedKind } from "../source.ts";
import type { ReadOutcome } from "./named-reader.ts";

export interface NamedRefreshOptions {
  /** Between two rounds: what is missing is looked for in each, as far as there is room. */
  readonly missingMs: number;
  /** Between two reads of what is there, at least. */
  readonly refreshMs: number;
  /** Reads a second, whatever there is to read; 1 at least. */
  readonly mostPerSecond: number;
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

interface Known extends Entry {
  /** The round in which it was read last. */
  readonly round: number;
}

/** So many requests a second at most for references that lead nowhere, however many there are. */
const MISSING_PER_SECOND = 10;
/** So many for what is there, at leisure. */
const LEISURE_PER_SECOND = 25;
/** Where that is too few to read everything in this time, more are sent. */
const ALL_WITHIN_MS = 60_000;
/** Who may not read something is seldom granted it: between two tries. */
const FORBIDDEN_MS = 10_000;
const READERS = 8;

/**
 * For kinds that may be read by name and not be listed: referenced objects are read again and again, since no watch reports their changes.
 * A few objects are read every two seconds, more of them less often, within a rate; what is missing goes first, since a certificate is
 * waited for.
 */
export class NamedRefresh {
  readonly #options: NamedRefreshOptions;
  /** Both with what was read the longest time ago first. */
  readonly #present = new Map<string, Known>();
  readonly #missing = new Map<string, Known>();
  readonly #timer: NodeJS.Timeout;
  #round = 0;
  #running: Promise<void> | null = null;

  constructor(options: NamedRefreshOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#begin(), options.missingMs);
  }

  /** Something refers to the object, and this came of the first attempt to read it. */
  add(entry: Entry): void {
    const id = kindAndKey(entry.kind, entry.key);
    this.#forget(id);
    const table = entry.outcome === "missing" ? this.#missing : this.#present;
    table.set(id, { ...entry, round: this.#round });
  }

  /** The reads under way must be ended by their own means. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#present.clear();
    this.#missing.clear();
    await this.#running;
  }

  /** While a round takes longer, the next ones are left out. */
  #begin(): void {
    this.#round++;
    this.#running ??= this.#readAll(this.#chosen()).finally(() => {
      this.#running = null;
    });
  }

  #chosen(): readonly Known[] {
    const { missingMs, mostPerSecond } = this.#options;
    const inRound = (perSecond: number): number => Math.max(1, Math.floor((perSecond * missingMs) / 1_000));
    const most = inRound(mostPerSecond);
    // However many references lead nowhere, what is there has its turn too.
    const forMissing = Math.min(Math.ceil(most / 2), inRound(MISSING_PER_SECOND));
    const missing = [...this.#missing.values()].slice(0, forMissing);
    const inTime = Math.ceil((this.#present.size * missingMs) / ALL_WITHIN_MS);
    const room = Math.min(most - missing.length, Math.max(inRound(LEISURE_PER_SECOND), inTime));
    return [...missing, ...this.#due(room)];
  }

  #due(room: number): readonly Known[] {
    const due: Known[] = [];
    for (const entry of this.#present.values()) {
      if (due.length >= room) break;
      if (this.#isDue(entry)) due.push(entry);
    }
    return due;
  }

  #isDue({ outcome, round }: Known): boolean {
    const { missingMs, refreshMs } = this.#options;
    const dueMs = outcome === "forbidden" ? Math.max(refreshMs, FORBIDDEN_MS) : refreshMs;
    return (this.#round - round) * missingMs >= dueMs;
  }

  async #readAll(entries: readonly Known[]): Promise<void> {
    const queue = entries.values();
    const reader = async (): Promise<void> => {
      for (const entry of queue) await this.#readAgain(entry);
    };
    await Promise.all(Array.from({ length: READERS }, reader));
  }

  async #readAgain(entry: Known): Promise<void> {
    const { kind, key, wanted, outcome } = entry;
    const id = kindAndKey(kind, key);
    if (!wanted()) return this.#forget(id);
    if (!this.#knows(id)) return;
    const isTold = outcome !== "forbidden" && this.#options.isTold(kind, key);
    const found = isTold ? outcome : await this.#options.read(kind, key, wanted);
    if (this.#knows(id)) this.add({ kind, key, wanted, outcome: found });
  }

  #knows(id: string): boolean {
    return this.#present.has(id) || this.#missing.has(id);
  }

  #forget(id: string): void {
    this.#present.delete(id);
    this.#missing.delete(id);
  }
}
