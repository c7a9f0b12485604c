/**
 * Ordered header fields, as on the wire: names keep their spelling, look-ups use the lower-case name, duplicates stay separate
 * fields. Values are latin1 text without control characters but HTAB; whoever fills the list from outside guarantees that.
 */
export class HeaderList {
  /** Lower-case names; same index as `rawNames` and `values`. */
  readonly names: string[] = [];
  readonly rawNames: string[] = [];
  readonly values: string[] = [];

  static from(pairs: Iterable<readonly [name: string, value: string]>): HeaderList {
    const list = new HeaderList();
    for (const [name, value] of pairs) list.append(name, value);
    return list;
  }

  get length(): number {
    return this.names.length;
  }

  append(rawName: string, value: string): void {
    this.push(rawName.toLowerCase(), rawName, value);
  }

  /** The fast way in for a parser that has the lower-case name already. */
  push(name: string, rawName: string, value: string): void {
    this.names.push(name);
    this.rawNames.push(rawName);
    this.values.push(value);
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** Value of the first field of that lower-case name. */
  get(name: string): string | undefined {
    const index = this.names.indexOf(name);
    return index === -1 ? undefined : this.values[index];
  }

  getAll(name: string): string[] {
    const found: string[] = [];
    for (let i = 0; i < this.names.length; i++) if (this.names[i] === name) found.push(this.values[i] as string);
    return found;
  }

  /** Replaces every field of that name by one, at the place of the first; appends when there was none. */
  set(rawName: string, value: string): void {
    const name = rawName.toLowerCase();
    const index = this.names.indexOf(name);
    if (index === -1) {
      this.push(name, rawName, value);
      return;
    }
    this.rawNames[index] = rawName;
    this.values[index] = value;
    this.#removeFrom(name, index + 1);
  }

  /** Removes every field of that lower-case name. */
  delete(name: string): void {
    this.#removeFrom(name, 0);
  }

  /** Leaves only the fields whose lower-case name is wanted. */
  retain(isWanted: (name: string) => boolean): void {
    let kept = 0;
    for (let i = 0; i < this.names.length; i++) {
      if (!isWanted(this.names[i] as string)) continue;
      if (kept !== i) this.#move(i, kept);
      kept++;
    }
    this.#cut(kept);
  }

  clone(): HeaderList {
    const copy = new HeaderList();
    for (let i = 0; i < this.names.length; i++) {
      copy.push(this.names[i] as string, this.rawNames[i] as string, this.values[i] as string);
    }
    return copy;
  }

  *[Symbol.iterator](): IterableIterator<[rawName: string, value: string]> {
    for (let i = 0; i < this.names.length; i++) yield [this.rawNames[i] as string, this.values[i] as string];
  }

  #removeFrom(name: string, start: number): void {
    let kept = start;
    for (let i = start; i < this.names.length; i++) {
      if (this.names[i] === name) continue;
      if (kept !== i) this.#move(i, kept);
      kept++;
    }
    this.#cut(kept);
  }

  #move(from: number, to: number): void {
    this.names[to] = this.names[from] as string;
    this.rawNames[to] = this.rawNames[from] as string;
    this.values[to] = this.values[from] as string;
  }

  #cut(length: number): void {
    if (this.names.length === length) return;
    this.names.length = length;
    this.rawNames.length = length;
    this.values.length = length;
  }
}
