import type { Result } from "../lib/result.ts";
import { NOT_YET, WORKS, type SupportStatus } from "../lib/support-status.ts";
import type { Settings } from "../model/settings.ts";

type ConfigType = "bool" | "int" | "text" | "list";

/** One key of the controller's ConfigMap. */
export interface ConfigKey {
  readonly name: string;
  readonly group: string;
  readonly type: ConfigType;
  /** What absence means, as the value one would write. */
  readonly fallback: string;
  readonly doc: string;
  readonly status: SupportStatus;
  /** True for access control: set but not honoured, or not readable at all, it closes every route. */
  readonly protects: boolean;
  /** Half a sentence where a cluster that sets it gets no request through as long as it has no effect; else null. */
  readonly outage: string | null;
  /** For keys without effect: true for values that ask for nothing else than what happens anyway. */
  readonly inert: (text: string) => boolean;
  /** Null for keys without effect. */
  readonly apply: Apply | null;
}

/** Settings with one key's text in place. */
export type Apply = (text: string, settings: Settings) => Result<Settings, Fault>;

interface Fault {
  /** Half a sentence: what was expected. */
  readonly message: string;
  /** The settings to go on with; normally those from before. */
  readonly settings: Settings;
  /** What they mean, as half a sentence. */
  readonly outcome: string;
}

export function honouredKey(
  fields: Omit<ConfigKey, "status" | "protects" | "outage" | "inert"> & Partial<Pick<ConfigKey, "status" | "protects">>,
): ConfigKey {
  return { status: WORKS, protects: false, outage: null, inert: never, ...fields };
}

type Row = readonly [name: string, type: ConfigType, fallback: string, doc: string, inert?: (text: string) => boolean];
type Shared = Pick<ConfigKey, "group"> & Partial<Pick<ConfigKey, "status" | "protects" | "outage">>;

/** Keys without effect, one row each. */
export function unhonouredKeys(shared: Shared, rows: readonly Row[]): readonly ConfigKey[] {
  return rows.map(([name, type, fallback, doc, inert = never]) => ({
    status: NOT_YET,
    protects: false,
    outage: null,
    apply: null,
    ...shared,
    name,
    type,
    fallback,
    doc,
    inert,
  }));
}

function never(): boolean {
  return false;
}
