import { NOT_YET, WORKS, type SupportStatus } from "../lib/support-status.ts";

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

export interface FlagEntry {
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
  /** klog's flags are taken without a word. */
  readonly silent: boolean;
}

type Defaulted = "letter" | "commands" | "devFallback" | "status" | "silent";

/** A flag that is honoured, by both commands unless it says otherwise. */
export function honouredFlag(fields: Omit<FlagEntry, Defaulted> & Partial<Pick<FlagEntry, Defaulted>>): FlagEntry {
  return { letter: null, commands: ["controller", "dev"], devFallback: null, status: WORKS, silent: false, ...fields };
}

type Row = readonly [name: string, type: FlagType, fallback: string, doc: string];
type Shared = Pick<FlagEntry, "group"> & Partial<Pick<FlagEntry, "status" | "silent">>;

/** Flags of ingress-nginx that the controller takes without effect, one row each. */
export function unhonouredFlags(shared: Shared, rows: readonly Row[]): readonly FlagEntry[] {
  return rows.map(([name, type, fallback, doc]) =>
    honouredFlag({ commands: ["controller"], status: NOT_YET, ...shared, name, type, fallback, doc }),
  );
}

export function fallbackOf(entry: FlagEntry, command: Command): string {
  return command === "dev" ? (entry.devFallback ?? entry.fallback) : entry.fallback;
}
