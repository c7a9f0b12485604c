import type { ObjectKey } from "../kubernetes/object-key.ts";
import type { Change, Snapshot } from "../kubernetes/snapshot.ts";
import type { Kind, KubernetesObject } from "../kubernetes/objects.ts";
import type { ModelDelta } from "../model/model.ts";
import type { Problem } from "../model/problem.ts";

/** Every kind a source answers for; nothing is published before each source has said `synced` for each of them. */
export const KINDS = [
  "Ingress",
  "IngressClass",
  "Service",
  "EndpointSlice",
  "Secret",
  "ConfigMap",
  "Namespace",
] as const satisfies readonly Kind[];

/** Kinds that only stay in memory while something refers to them. */
export type ReferencedKind = "Secret" | "ConfigMap";

export function isReferencedKind(kind: Kind): kind is ReferencedKind {
  return kind === "Secret" || kind === "ConfigMap";
}

/** Where objects come from: an API server or files. */
export interface ObjectSource {
  readonly name: string;
  start(listener: SourceListener): void;
  /** False where objects of the kind are not told unless they are fetched. */
  tells(kind: ReferencedKind): boolean;
  /**
   * Brings back an object that the store had let go, by an `upsert`. Resolves when that is done, when the object does not exist,
   * or when `wanted` says that nobody asks any more. Tries for ever otherwise; never rejects.
   */
  fetch(kind: ReferencedKind, key: ObjectKey, wanted: () => boolean): Promise<void>;
  /** Resolves when no timer, socket or file watch is left. May be called in every phase, and twice. */
  stop(): Promise<void>;
}

export interface SourceListener {
  /**
   * The whole state of one kind: what is missing is removed, what is equal stays untouched. Objects whose key is not `within`
   * are left alone; without it, all of the kind are meant.
   */
  replace(kind: Kind, objects: readonly KubernetesObject[], within?: (key: ObjectKey) => boolean): void;
  upsert(object: KubernetesObject): void;
  remove(kind: Kind, key: ObjectKey): void;
  /** The object exists in this version; its content is only brought by `fetch`. */
  noteVersion(kind: ReferencedKind, key: ObjectKey, version: string): void;
  /** The whole state of one kind by key and version, as `replace`. */
  noteVersions(
    kind: ReferencedKind,
    versions: ReadonlyMap<ObjectKey, string>,
    within: (key: ObjectKey) => boolean,
  ): void;
  /** The first whole state of the kind has been delivered. */
  synced(kind: Kind): void;
  /** All that the source finds wrong under one key, such as `Ingress shop/web`; an empty list clears it. */
  problems(key: string, problems: readonly Problem[]): void;
}

/** The part of the translator that the loop drives; the class `Translator` of `translate/` is one. */
export interface ModelTranslator {
  update(snapshot: Snapshot, changes: readonly Change[]): ModelTranslation;
  isReferenced(kind: ReferencedKind, key: ObjectKey): boolean;
}

export interface ModelTranslation {
  readonly delta: ModelDelta;
  /** Only for objects whose problems changed; an empty list clears. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  readonly newReferences: readonly { readonly kind: ReferencedKind; readonly key: ObjectKey }[];
  /** Ingresses that became ours, and those that no longer are. */
  readonly served: { readonly added: readonly ObjectKey[]; readonly removed: readonly ObjectKey[] };
}

/** What a translation was made from, and what it says about whose Ingress is whose. */
export interface TranslatedBatch {
  readonly snapshot: Snapshot;
  readonly changes: readonly Change[];
  readonly served: ModelTranslation["served"];
}
