import type { FieldError } from "../lib/field-error.ts";
import { printable } from "../lib/printable.ts";
import { fallbackOf, type Command, type FlagTable, type Values } from "./flag-entry.ts";

/** What is wrong with one flag. `field` is the flag with its dashes. */
export type FlagError = FieldError;

/** The command line, split but not yet understood. */
export interface Arguments {
  /** By name; every occurrence in order. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  readonly errors: readonly FlagError[];
  readonly warnings: readonly FlagError[];
}

/** Reads tables of flags from one command line, and collects everything that is wrong with it. */
export class FlagReader {
  readonly errors: FlagError[];
  readonly #given: Arguments["given"];

  constructor({ given, errors }: Arguments) {
    this.#given = given;
    this.errors = [...errors];
  }

  /** The values of those flags that the command has, by their keys in the table. */
  read<Table extends FlagTable, C extends Command>(table: Table, command: C): Values<Table, C> {
    const entries = Object.entries(table).filter(([, { commands }]) => commands.includes(command));
    const values = entries.map(([key, entry]) => {
      const report = (written: string, expected: string): void => this.fail(`--${entry.name}`, written, expected);
      return [key, entry.read(this.#given.get(entry.name) ?? [], fallbackOf(entry, command), report)];
    });
    return Object.fromEntries(values) as Values<Table, C>;
  }

  fail(field: string, value: string, message: string): void {
    this.errors.push(flagError(field, value, message));
  }
}

export function flagError(field: string, value: string, message: string): FlagError {
  return { field, value: printable(value), message };
}
