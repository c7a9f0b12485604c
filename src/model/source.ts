/** The Kubernetes object that a piece of the model came from. */
export interface SourceRef {
  /** Kind as Kubernetes writes it, such as `Ingress`. */
  readonly kind: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/** `Ingress shop/web`: how logs and messages name an object. */
export function formatSource(source: SourceRef): string {
  return `${source.kind} ${source.namespace === "" ? "" : `${source.namespace}/`}${source.name}`;
}
