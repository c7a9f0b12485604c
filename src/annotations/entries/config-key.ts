import { ok, type Result } from "../../lib/result.ts";
import { NOT_YET, WORKS, type SupportStatus } from "../../lib/support-status.ts";
import type { Settings } from "../../model/settings.ts";
import { never } from "./entry.ts";
import { parseBool, parseIntAtLeast, parseList } from "./value-parsers.ts";

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
  /** True for access control: set but not supported, or not readable at all, it closes every route. */
  readonly protects: boolean;
  /** Half a sentence where a cluster that sets it gets no request through as long as it has no effect; else null. */
  readonly outage: string | null;
  /** For keys without effect: true for values that ask for nothing else than what happens anyway. */
  readonly isNoop: (text: string) => boolean;
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

/** The place in the settings that a key writes. */
export type Setting<T> = (settings: Settings, value: T) => Settings;

type Section = keyof Settings;
type Parts<T> = Partial<NonNullable<T>>;

/** The settings with this changed in one of their sections. */
export function withChanged<S extends Section>(settings: Settings, section: S, changes: Parts<Settings[S]>): Settings {
  return { ...settings, [section]: { ...settings[section], ...changes } };
}

/** A setting of a section, or a part of one; the parts of a setting that is null stay where they are. */
export function at<S extends Section, K extends keyof Settings[S]>(section: S, name: K): Setting<Settings[S][K]>;
export function at<S extends Section, K extends keyof Settings[S], I extends keyof NonNullable<Settings[S][K]>>(
  section: S,
  name: K,
  part: I,
): Setting<NonNullable<Settings[S][K]>[I]>;
export function at(section: Section, name: string, part?: string): Setting<unknown> {
  if (part === undefined) return (settings, value) => withChanged(settings, section, { [name]: value });
  return (settings, value) => partsOf(section, name as never)(settings, { [part]: value } as never);
}

/** Several parts of a setting at once. */
export function partsOf<S extends Section, K extends keyof Settings[S]>(
  section: S,
  name: K,
): Setting<Parts<Settings[S][K]>> {
  return (settings, value) => {
    const before = settings[section][name];
    if (before === null) return settings;
    const setting = { ...before, ...value };
    return { ...settings, [section]: { ...settings[section], [name]: setting } };
  };
}

/** What a key says besides its parser. */
type KeyInfo = Pick<ConfigKey, "name" | "fallback" | "doc"> &
  Partial<Pick<ConfigKey, "type" | "status" | "protects" | "group">>;

type SharedInfo = Pick<ConfigKey, "group"> & Partial<Pick<ConfigKey, "type">>;

/** Makes the keys of one group. */
export class Keys {
  readonly #shared: SharedInfo;

  /** `shared` holds for every key that says nothing else; keys are of type `text` where nobody says so. */
  constructor(shared: SharedInfo) {
    this.#shared = shared;
  }

  /** From a parser of text and the setting that its value becomes. A bad value leaves the settings alone. */
  key<T>(setting: Setting<T>, parse: (text: string) => Result<T>, info: KeyInfo): ConfigKey {
    return this.custom((text, settings) => {
      const parsed = parse(text);
      if (parsed.ok) return ok(setting(settings, parsed.value));
      return { ok: false, error: { message: parsed.error, settings, outcome: "the default applies" } };
    }, info);
  }

  /** Go's ParseBool, and empty is false: so decodes ingress-nginx its ConfigMap. */
  bool(setting: Setting<boolean>, info: Omit<KeyInfo, "type">): ConfigKey {
    return this.key(setting, (text) => (text === "" ? ok(false) : parseBool(text)), { ...info, type: "bool" });
  }

  /** Go's Atoi, and empty is 0. */
  int(setting: Setting<number>, minimum: number, info: Omit<KeyInfo, "type">): ConfigKey {
    const parse = parseIntAtLeast(minimum);
    return this.key(setting, (text) => parse(text === "" ? "0" : text), { ...info, type: "int" });
  }

  list(setting: Setting<readonly string[]>, info: Omit<KeyInfo, "type">): ConfigKey {
    return this.key(setting, (text) => ok(parseList(text)), { ...info, type: "list" });
  }

  /** Where text, settings and outcome belong together in a way of their own. */
  custom(apply: Apply, info: KeyInfo): ConfigKey {
    const usual = { type: "text", status: WORKS, protects: false, outage: null, isNoop: never } as const;
    return { ...usual, ...this.#shared, ...info, apply };
  }
}

type Row = readonly [name: string, type: ConfigType, fallback: string, doc: string, isNoop?: (text: string) => boolean];
type Shared = Pick<ConfigKey, "group"> & Partial<Pick<ConfigKey, "status" | "protects" | "outage">>;

/** Keys without effect, one row each. */
export function unsupportedKeys(shared: Shared, rows: readonly Row[]): readonly ConfigKey[] {
  return rows.map(([name, type, fallback, doc, isNoop = never]) => ({
    status: NOT_YET,
    protects: false,
    outage: null,
    apply: null,
    ...shared,
    name,
    type,
    fallback,
    doc,
    isNoop,
  }));
}
