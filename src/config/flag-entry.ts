import { NOT_YET, WORKS, type SupportStatus } from "../lib/support-status.ts";
import type { Result } from "../lib/result.ts";

export type Command = "controller" | "dev";

/** What stands behind a flag; `bool` flags may stand alone. */
export type FlagType =
  | "bool"
  | "int"
  | "port"
  | "seconds"
  | "duration"
  | "address"
  | "text"
  | "name"
  | "object"
  | "url"
  | "mapping";

/** What the command line, its help and the reference page need of a flag. */
export interface FlagInfo {
  /** Without the dashes. */
  readonly name: string;
  /** Single letter, such as `v` of klog. */
  readonly letter: string | null;
  readonly commands: readonly Command[];
  readonly group: string;
  readonly type: FlagType;
  /** As text that one could write; empty where absence means none. */
  readonly fallback: string;
  /** Where the dev proxy's default is another. */
  readonly devFallback: string | null;
  readonly doc: string;
  readonly status: SupportStatus;
  /** klog's flags are taken without a warning. */
  readonly silent: boolean;
}

/** A flag of the commands `C` with its value. */
export interface FlagEntry<T, C extends Command = Command> extends FlagInfo {
  readonly commands: readonly C[];
  readonly read: Read<T>;
}

/** From every text that was written, in order, to the value. Reports what is wrong, and goes on with the rest, or with the fallback. */
export type Read<T> = (written: readonly string[], fallback: string, report: Report) => T;
type Report = (written: string, expected: string) => void;

/** By the names that the values have in the configuration. */
export type FlagTable = Readonly<Record<string, FlagEntry<unknown>>>;

/** The values that one command has of a table. */
export type Values<Table, C extends Command> = {
  readonly [
    Key in keyof Table as Table[Key] extends FlagEntry<unknown, infer Takers> ? (C extends Takers ? Key : never) : never
  ]: Table[Key] extends FlagEntry<infer T> ? T : never;
};

type Defaulted = "letter" | "devFallback" | "status" | "silent";
type Described = Omit<FlagInfo, Defaulted | "commands"> & Partial<Pick<FlagInfo, Defaulted>>;
type Fields<T> = Described & { readonly parse: (text: string) => Result<T> };

const DEFAULTS = { letter: null, devFallback: null, status: WORKS, silent: false } as const;

/** A flag of both commands. */
export function flag<T>({ parse, ...fields }: Fields<T>): FlagEntry<T> {
  return { ...DEFAULTS, ...fields, commands: ["controller", "dev"], read: lastOccurrence(fields.name, parse) };
}

/** A flag that only means something in a cluster. */
export function controllerFlag<T>({ parse, ...fields }: Fields<T>): FlagEntry<T, "controller"> {
  return { ...DEFAULTS, ...fields, commands: ["controller"], read: lastOccurrence(fields.name, parse) };
}

/** A flag of the dev proxy alone. */
export function devFlag<T>({ parse, ...fields }: Fields<T>): FlagEntry<T, "dev"> {
  return { ...DEFAULTS, ...fields, commands: ["dev"], read: lastOccurrence(fields.name, parse) };
}

/** The last one wins. In place of a wrong one stands the default, so that all errors are found at once. */
function lastOccurrence<T>(name: string, parse: (text: string) => Result<T>): Read<T> {
  return (texts, fallback, report) => {
    const written = texts.at(-1);
    const parsed = written === undefined ? null : parse(written);
    if (parsed?.ok === true) return parsed.value;
    if (parsed !== null) report(written ?? "", parsed.error);
    const standard = parse(fallback);
    if (standard.ok) return standard.value;
    throw new Error(`the default of --${name} is not valid: ${standard.error}`);
  };
}

/** All of them together, without the wrong ones. */
export function everyOccurrence<Part, T>(
  parse: (text: string) => Result<Part>,
  join: (parts: readonly Part[]) => T,
): Read<T> {
  return (texts, _fallback, report) =>
    join(
      texts.flatMap((written) => {
        const parsed = parse(written);
        if (parsed.ok) return [parsed.value];
        report(written, parsed.error);
        return [];
      }),
    );
}

type Row = readonly [name: string, type: FlagType, fallback: string, doc: string];
type Shared = Pick<FlagInfo, "group"> & Partial<Pick<FlagInfo, "status" | "silent">>;

/** Flags of ingress-nginx that the controller takes without effect, one row each. */
export function unsupportedFlags(shared: Shared, rows: readonly Row[]): readonly FlagInfo[] {
  return rows.map(([name, type, fallback, doc]) => ({
    ...DEFAULTS,
    status: NOT_YET,
    ...shared,
    commands: ["controller"],
    name,
    type,
    fallback,
    doc,
  }));
}

export function fallbackOf(entry: FlagInfo, command: Command): string {
  return command === "dev" ? (entry.devFallback ?? entry.fallback) : entry.fallback;
}
