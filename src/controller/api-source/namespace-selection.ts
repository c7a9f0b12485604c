import { keyOf, kindAndKey, objectKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { KubernetesObject } from "../../kubernetes/objects.ts";
import type { ReferencedKind, SourceListener } from "../source.ts";
import type { TargetOptions } from "./targets.ts";

export interface SelectionEvents {
  /** The first list of namespaces is known. */
  onReady(): void;
  /** A namespace was added to the selection or left it. */
  onChanged(): void;
}

/**
 * The namespaces that `--watch-namespace-selector` selects. The API server evaluates the selector: a namespace whose labels stop
 * matching arrives as deleted. Unlike ingress-nginx a change takes effect at once.
 */
export class NamespaceSelection {
  readonly #selected = new Set<string>();
  readonly #always: ReadonlySet<string>;
  #ready = false;

  constructor(alwaysWatch: TargetOptions["alwaysWatch"]) {
    this.#always = new Set(alwaysWatch.map(({ kind, key }) => kindAndKey(kind, key)));
  }

  accepts(object: KubernetesObject): boolean {
    if (object.meta.namespace === "" || this.#selected.has(object.meta.namespace)) return true;
    if (this.#always.has(kindAndKey(object.kind, keyOf(object)))) return true;
    const service = object.kind === "EndpointSlice" ? objectKey(object.meta.namespace, object.serviceName) : "";
    return this.#always.has(kindAndKey("EndpointSlice", service));
  }

  acceptsKey(kind: ReferencedKind, key: ObjectKey): boolean {
    return this.#selected.has(key.split("/")[0] ?? "") || this.#always.has(kindAndKey(kind, key));
  }

  /** A listener for the namespaces, which also passes everything on. */
  listen(listener: SourceListener, events: SelectionEvents): SourceListener {
    const changed = (): void => (this.#ready ? events.onChanged() : undefined);
    return {
      ...listener,
      replace: (kind, objects, within) => {
        listener.replace(kind, objects, within);
        if (this.#replace(objects)) changed();
      },
      upsert: (object) => {
        listener.upsert(object);
        if (this.#add(object.meta.name)) changed();
      },
      remove: (kind, key) => {
        listener.remove(kind, key);
        if (this.#selected.delete(key)) changed();
      },
      synced: (kind) => {
        this.#ready = true;
        listener.synced(kind);
        events.onReady();
      },
    };
  }

  #replace(objects: readonly KubernetesObject[]): boolean {
    const names = new Set(objects.map((object) => object.meta.name));
    const same = names.size === this.#selected.size && [...names].every((name) => this.#selected.has(name));
    if (same) return false;
    this.#selected.clear();
    for (const name of names) this.#selected.add(name);
    return true;
  }

  #add(name: string): boolean {
    if (this.#selected.has(name)) return false;
    this.#selected.add(name);
    return true;
  }
}
