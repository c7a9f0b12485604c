import type { ObjectReference } from "../../kubernetes/object-reference.ts";
import { WORKS } from "../../lib/support-status.ts";
import type { TranslationSettings } from "../../model/settings.ts";
import type { ConfigKey } from "./config-key.ts";
import { type AnnotationEntry, never, type Parse, type Reader, type Shared } from "./entry.ts";
import { unusable } from "./finding.ts";
import { parseBool } from "./value-parsers.ts";

/**
 * The annotations that belong together and the slice of `IngressPolicy` that they fill, with the keys of the ConfigMap that set its
 * defaults. `P` is the type of the slice; `never` where none of the annotations has an effect.
 */
export interface Feature<P> {
  readonly entries: readonly AnnotationEntry[];
  readonly keys: readonly ConfigKey[];
  /** Null: none of the annotations has an effect. */
  readonly slice: Slice<P> | null;
}

/** From the fields that annotations write to the slice of policy. */
export interface Slice<P> {
  /** The fields as they are without annotations. */
  readonly open: (settings: TranslationSettings) => object;
  /** Takes the fields over: they must not be written any more. */
  readonly close: (fields: object, settings: TranslationSettings) => P;
  /** The objects that translation reads for a slice of an Ingress in this namespace. */
  references(policy: P, namespace: string): readonly ObjectReference[];
}

/** A feature none of whose annotations has an effect. */
export function unbuilt(entries: readonly AnnotationEntry[], keys: readonly ConfigKey[] = []): Feature<never> {
  return { entries, keys, slice: null };
}

/** What an entry says besides its parser; what is not said is the usual: acts per path, protects nothing, works, needs no other. */
type FieldInfo<F, T = never> = Pick<AnnotationEntry, "name" | "risk" | "fallback" | "doc"> &
  Partial<Pick<AnnotationEntry, "aliases" | "group" | "scope" | "protects" | "status">> & {
    /** What values look like. */
    readonly value: string;
    /** The other annotation without which this one has no effect; null where the others of the feature have one. */
    readonly needs?: Need<F> | null;
    /** Where an unusable value must not count as absent. */
    readonly unusable?: { readonly value: T; readonly outcome: string };
  };

/** Another annotation of the same feature, which is read before. */
export interface Need<F> {
  /** Such as `canary: "true"`. */
  readonly text: string;
  readonly met: (fields: F) => boolean;
}

interface SliceOptions<F, P> {
  readonly entries: readonly AnnotationEntry[];
  readonly policy: (fields: F, settings: TranslationSettings) => P;
  readonly keys?: readonly ConfigKey[];
  readonly references?: (policy: P, namespace: string) => readonly ObjectReference[];
}

/** Makes the entries of a feature whose annotations write the fields `F`, one field an annotation. */
export class Fields<F extends object> {
  readonly #shared: Shared & { readonly needs?: Need<F> };
  readonly #open: (settings: TranslationSettings) => F;

  /** `shared` holds for every entry that says nothing else; `open` gives the fields as they are without annotations. */
  constructor(shared: Shared & { readonly needs?: Need<F> }, open: (settings: TranslationSettings) => F) {
    this.#shared = shared;
    this.#open = open;
  }

  /** Of ingress-nginx's strings: every line trimmed, blank counts as absent. */
  field<K extends keyof F>(key: K, parse: Parse<F[K]>, info: FieldInfo<F, F[K]>): AnnotationEntry {
    return this.#entry(key, info, { text: "trimmed", lines: false, read: writer(key, parse) });
  }

  /** The same for lists that may stand on several lines. */
  lines<K extends keyof F>(key: K, parse: Parse<F[K]>, info: FieldInfo<F, F[K]>): AnnotationEntry {
    return this.#entry(key, info, { text: "trimmed", lines: true, read: writer(key, parse) });
  }

  /** Of its ints: the text is taken as written, since Go allows no spaces. */
  number<K extends keyof F>(key: K, parse: Parse<F[K]>, info: FieldInfo<F, F[K]>): AnnotationEntry {
    return this.#entry(key, info, { text: "exact", lines: false, read: writer(key, parse) });
  }

  /** Of its bools, likewise. */
  bool(key: KeysOf<F, boolean>, info: Omit<FieldInfo<F>, "value">): AnnotationEntry {
    // The type of the key says that the field is a boolean, which the compiler does not follow.
    return this.number(key, parseBool as Parse<never>, { ...info, value: "bool" });
  }

  /** The feature, once its entries are there. */
  feature<P>(options: SliceOptions<F, P>): Feature<P> {
    const { entries, policy, keys = [], references = noReferences } = options;
    // Fields only come back to the feature that opened them.
    const close = (fields: object, settings: TranslationSettings): P => policy(fields as F, settings);
    return { entries, keys, slice: { open: this.#open, close, references } };
  }

  #entry<K extends keyof F>(
    key: K,
    info: FieldInfo<F, F[K]>,
    { text, lines, read }: Pick<Reader, "text" | "lines" | "read">,
  ): AnnotationEntry {
    const { needs, unusable: instead, ...entry } = { ...this.#shared, ...info };
    const missing = (fields: object): string | null =>
      needs === undefined || needs === null || needs.met(fields as F) ? null : needs.text;
    const otherwise = instead === undefined ? null : { outcome: instead.outcome, write: setter(key, instead.value) };
    const reader = { text, lines, missing, read, otherwise };
    return { aliases: [], scope: "path", protects: "nothing", status: WORKS, isNoop: never, ...entry, reader };
  }
}

type KeysOf<F, T> = { [K in keyof F]: F[K] extends T ? (T extends F[K] ? K : never) : never }[keyof F];

function writer<F extends object, K extends keyof F>(key: K, parse: Parse<F[K]>): Reader["read"] {
  return (text, fields) => {
    const parsed = parse(text);
    if (!parsed.ok) return typeof parsed.error === "string" ? unusable(parsed.error) : parsed.error;
    (fields as F)[key] = parsed.value;
    return parsed.finding ?? null;
  };
}

function setter<F extends object, K extends keyof F>(key: K, value: F[K]): (fields: object) => void {
  return (fields) => {
    (fields as F)[key] = value;
  };
}

/** Of features that read no objects. */
export function noReferences(): readonly ObjectReference[] {
  return [];
}
