import { kindAndKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { ReferencedKind } from "../source.ts";

/** Reads one object again; resolves when that is done. */
export type ReadAgain = (kind: ReferencedKind, key: ObjectKey, wanted: () => boolean) => Promise<void>;

interface Entry {
  readonly kind: ReferencedKind;
  readonly key: ObjectKey;
  readonly wanted: () => boolean;
}

/**
 * For kinds that may be read by name and not be listed: what is referred to is read again at an interval, since no watch tells of its
 * changes.
 */
export class NamedRefresh {
  readonly #entries = new Map<string, Entry>();
  readonly #readAgain: ReadAgain;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  constructor(intervalMs: number, readAgain: ReadAgain) {
    this.#readAgain = readAgain;
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#round());
    }, intervalMs);
  }

  add(kind: ReferencedKind, key: ObjectKey, wanted: () => boolean): void {
    this.#entries.set(kindAndKey(kind, key), { kind, key, wanted });
  }

  /** The reads under way must be ended by their own means. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#entries.clear();
    await this.#running;
  }

  async #round(): Promise<void> {
    for (const [id, { kind, key, wanted }] of this.#entries) {
      if (wanted()) await this.#readAgain(kind, key, wanted);
      else this.#entries.delete(id);
    }
  }
}
