const NO_CHANGES = { added: [], removed: [] } as const;

/** How many owners want each key; tells first and last. */
export class ReferenceCounts<T> {
  readonly #wants = new Map<string, ReadonlyMap<string, T>>();
  readonly #counts = new Map<string, { count: number; value: T }>();
  readonly #touched = new Map<string, boolean>();

  /** Replaces what the owner wants. An empty map lets go of everything. */
  replace(owner: string, wants: ReadonlyMap<string, T>): void {
    for (const [key, value] of wants) this.#add(key, value);
    for (const key of this.#wants.get(owner)?.keys() ?? []) this.#drop(key);
    if (wants.size === 0) this.#wants.delete(owner);
    else this.#wants.set(owner, wants);
  }

  get(key: string): T | undefined {
    return this.#counts.get(key)?.value;
  }

  /** Keys that are wanted now and were not at the last call, and the other way round. */
  takeChanges(): { readonly added: readonly string[]; readonly removed: readonly string[] } {
    if (this.#touched.size === 0) return NO_CHANGES;
    const added: string[] = [];
    const removed: string[] = [];
    for (const [key, wantedBefore] of this.#touched) {
      const wanted = this.#counts.has(key);
      if (wanted && !wantedBefore) added.push(key);
      if (!wanted && wantedBefore) removed.push(key);
    }
    this.#touched.clear();
    return { added: added.sort(), removed: removed.sort() };
  }

  #add(key: string, value: T): void {
    const entry = this.#counts.get(key);
    if (entry !== undefined) {
      entry.count++;
      return;
    }
    this.#touch(key, false);
    this.#counts.set(key, { count: 1, value });
  }

  #drop(key: string): void {
    const entry = this.#counts.get(key);
    if (entry === undefined || --entry.count > 0) return;
    this.#touch(key, true);
    this.#counts.delete(key);
  }

  #touch(key: string, wantedBefore: boolean): void {
    if (!this.#touched.has(key)) this.#touched.set(key, wantedBefore);
  }
}
