import type { ObjectKey } from "../../kubernetes/object-key.ts";
import { isOlderVersion, newerVersion } from "../resource-version.ts";

/** Deletions remembered one by one; beyond that the oldest raises the floor for all. */
const MAX_TOMBSTONES = 4096;

/**
 * Which events are news. Watches can repeat events and, behind proxies and after reconnects, deliver old ones late: an object never
 * goes back to an older version, and a deleted one does not come back by an event from before its deletion.
 */
export class VersionGate {
  readonly #versions = new Map<ObjectKey, string>();
  readonly #tombstones = new Map<ObjectKey, string>();
  /** Version of the last list, raised by forgotten tombstones: keys nobody knows have no news from before. */
  #floor = "0";

  /** Starts again from a complete list. */
  reset(listVersion: string, objects: Iterable<readonly [ObjectKey, string]>): void {
    this.#floor = listVersion;
    this.#versions.clear();
    this.#tombstones.clear();
    for (const [key, version] of objects) this.#versions.set(key, version);
  }

  /** True when the object's version is news; it is then remembered. */
  admit(key: ObjectKey, version: string): boolean {
    if (!this.#isNews(key, version)) return false;
    this.#tombstones.delete(key);
    this.#versions.set(key, version);
    return true;
  }

  /** True when the deletion is news; `version` is that of the deletion. */
  admitDeletion(key: ObjectKey, version: string): boolean {
    if (!this.#isNews(key, version)) return false;
    this.#versions.delete(key);
    this.#tombstones.set(key, version);
    this.#forgetOldest();
    return true;
  }

  /** True when what was read in this version is known to have been deleted since. */
  isGone(key: ObjectKey, version: string): boolean {
    return !this.#versions.has(key) && isOlderVersion(version, this.#tombstones.get(key) ?? this.#floor);
  }

  #isNews(key: ObjectKey, version: string): boolean {
    const known = this.#versions.get(key) ?? this.#tombstones.get(key) ?? this.#floor;
    return version !== known && !isOlderVersion(version, known);
  }

  #forgetOldest(): void {
    if (this.#tombstones.size <= MAX_TOMBSTONES) return;
    const [oldest] = this.#tombstones;
    if (oldest === undefined) return;
    this.#tombstones.delete(oldest[0]);
    this.#floor = newerVersion(this.#floor, oldest[1]);
  }
}
