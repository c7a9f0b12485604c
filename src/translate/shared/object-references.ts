import { kindAndKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { ObjectReference } from "../../kubernetes/object-reference.ts";
import { ReferenceCounts } from "./reference-counts.ts";

/** A kind whose objects are read only while something refers to them. */
type OnDemandKind = "Secret" | "ConfigMap";

/** An object that is read only while something refers to it. */
export interface OnDemandReference extends ObjectReference {
  readonly kind: OnDemandKind;
}

/** Which objects are referred to, and by how many owners: what nothing refers to is never read. */
export class ObjectReferences {
  readonly #counts = new ReferenceCounts<ObjectReference>();

  /** Replaces what the owner refers to. */
  replace(owner: string, references: readonly ObjectReference[]): void {
    this.#counts.replace(owner, new Map(references.map((one) => [kindAndKey(one.kind, one.key), one])));
  }

  has(kind: ObjectReference["kind"], key: ObjectKey): boolean {
    return this.#counts.get(kindAndKey(kind, key)) !== undefined;
  }

  /** What is referred to now and was not at the last call, and the other way round, each sorted; Services are always read. */
  takeChanges(): { readonly added: readonly OnDemandReference[]; readonly removed: readonly OnDemandReference[] } {
    const { added, removed } = this.#counts.takeChanges();
    return { added: added.flatMap(parseReference), removed: removed.flatMap(parseReference) };
  }
}

function parseReference(text: string): readonly OnDemandReference[] {
  const space = text.indexOf(" ");
  const kind = text.slice(0, space);
  return kind === "Secret" || kind === "ConfigMap" ? [{ kind, key: text.slice(space + 1) }] : [];
}
