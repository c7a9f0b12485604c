import type { Kind, KubernetesObject } from "./objects.ts";

/** `namespace/name`, or `name` for cluster-scoped objects: the key of an object among its kind. */
export type ObjectKey = string;

export function objectKey(namespace: string, name: string): ObjectKey {
  return namespace === "" ? name : `${namespace}/${name}`;
}

export function keyOf(object: KubernetesObject): ObjectKey {
  return objectKey(object.meta.namespace, object.meta.name);
}

/** Names one object of any kind: `Service shop/web`. */
export function kindAndKey(kind: Kind, key: ObjectKey): string {
  return `${kind} ${key}`;
}
