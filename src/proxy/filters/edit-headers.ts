import type { HeaderEdits } from "../../model/filters/header-edits.ts";
import { type FieldName, fieldName, type HeaderList } from "../../wire/wire.ts";

/** Edits of a head, ready to make. */
export class CompiledEdits {
  readonly #replaced: ReadonlySet<string>;
  readonly #fields: readonly (readonly [name: FieldName, value: string])[];
  readonly #isKept = (name: FieldName): boolean => !this.#replaced.has(name.lower);

  constructor({ set, add, remove }: HeaderEdits) {
    this.#replaced = new Set([...set.map(([name]) => name), ...remove].map((name) => name.toLowerCase()));
    this.#fields = [...set, ...add].map(([name, value]) => [fieldName(name), value] as const);
  }

  apply(headers: HeaderList): void {
    if (this.#replaced.size > 0) headers.retain(this.#isKept);
    for (const [name, value] of this.#fields) headers.push(name, value);
  }
}
