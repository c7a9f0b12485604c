import { type FieldName, fieldName } from "./field-name.ts";

/**
 * Ordered header fields, as on the wire: names keep their spelling, look-ups use the lower-case name, duplicates stay separate
 * fields. Values are latin1 text without control characters but HTAB; the code that fills the list from outside guarantees that.
 */
export class HeaderList {
  /** Name and value in turns: every request makes several lists, and two arrays each would be twice the memory. */
  readonly #fields: (FieldName | string)[] = [];
  /** Further fields of a request, behind its own. */
  common: CommonFields | null = null;

  static from(pairs: Iterable<readonly [name: string, value: string]>): HeaderList {
    const list = new HeaderList();
    for (const [name, value] of pairs) list.append(name, value);
    return list;
  }

  get length(): number {
    return this.ownLength + (this.common === null ? 0 : this.common.fields.length);
  }

  /** Without those in common. */
  get ownLength(): number {
    return this.#fields.length >> 1;
  }

  nameAt(index: number): FieldName {
    if (this.common !== null && index >= this.ownLength) return this.common.fields.nameAt(index - this.ownLength);
    return this.#fields[index << 1] as FieldName;
  }

  valueAt(index: number): string {
    if (this.common !== null && index >= this.ownLength) return this.common.fields.valueAt(index - this.ownLength);
    return this.#fields[(index << 1) + 1] as string;
  }

  append(rawName: string, value: string): void {
    this.push(fieldName(rawName), value);
  }

  /** The fast way in, for a name that has been looked up already. */
  push(name: FieldName, value: string): void {
    this.#fields.push(name, value);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Value of the first field of that lower-case name. */
  get(name: string): string | undefined {
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i += 2) {
      if ((fields[i] as FieldName).lower === name) return fields[i + 1] as string;
    }
    return this.common === null ? undefined : this.common.fields.get(name);
  }

  /** How many fields have that lower-case name. */
  count(name: string): number {
    const fields = this.#fields;
    let count = 0;
    for (let i = 0; i < fields.length; i += 2) if ((fields[i] as FieldName).lower === name) count++;
    return this.common === null ? count : count + this.common.fields.count(name);
  }

  getAll(name: string): string[] {
    const found: string[] = [];
    for (let i = 0; i < this.length; i++) if (this.nameAt(i).lower === name) found.push(this.valueAt(i));
    return found;
  }

  /** Leaves only the fields whose name is wanted. */
  retain(isWanted: (name: FieldName) => boolean): void {
    const fields = this.#fields;
    let kept = 0;
    for (let i = 0; i < fields.length; i += 2) {
      if (!isWanted(fields[i] as FieldName)) continue;
      if (kept !== i) {
        fields[kept] = fields[i] as FieldName;
        fields[kept + 1] = fields[i + 1] as string;
      }
      kept += 2;
    }
    // Setting `length` leaves compiled code; popping does not.
    while (fields.length > kept) fields.pop();
  }

  *[Symbol.iterator](): IterableIterator<[rawName: string, value: string]> {
    for (let i = 0; i < this.length; i++) yield [this.nameAt(i).raw, this.valueAt(i)];
  }
}

/** Fields that many messages have in common: put together, checked and formatted once. Never changed. */
export class CommonFields {
  readonly fields: HeaderList;
  /** Room for their lines as HTTP/1.1 writes them; the writer's own. Null: could not be sent as they are. */
  lines: string | null | undefined = undefined;

  constructor(fields: HeaderList) {
    this.fields = fields;
  }
}
