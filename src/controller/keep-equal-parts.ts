import { isDeepStrictEqual } from "node:util";
import type { Kind, KubernetesObject, ObjectMeta } from "../kubernetes/objects.ts";

/**
 * The parts that are compared, all of them plain data. Secrets have none: their content is sealed, and two sealed texts cannot be told
 * apart by comparing them.
 */
const PARTS: { readonly [K in Kind]: readonly string[] } = {
  Ingress: ["spec", "status"],
  IngressClass: [],
  Service: ["externalIPs", "loadBalancer", "ports"],
  EndpointSlice: ["endpoints", "ports"],
  Secret: [],
  ConfigMap: [],
  Namespace: [],
};
const META_PARTS = ["namespace", "name", "uid", "labels", "annotations"] satisfies readonly (keyof ObjectMeta)[];

/**
 * A newer version of an object, with those parts of the older one that are equal: they are in memory once, and who compares them sees
 * by their identity that they did not change.
 */
export function keepEqualParts<T extends KubernetesObject>(before: T, after: T): T {
  return { ...after, ...equalParts(before, after, PARTS[after.kind]), meta: keepEqualMeta(before.meta, after.meta) };
}

function keepEqualMeta(before: ObjectMeta, after: ObjectMeta): ObjectMeta {
  return { ...after, ...equalParts(before, after, META_PARTS) };
}

function equalParts<T extends object>(before: T, after: T, names: readonly string[]): Partial<T> {
  const kept: [string, unknown][] = [];
  for (const name of names) {
    const value: unknown = Reflect.get(before, name);
    if (isDeepStrictEqual(value, Reflect.get(after, name))) kept.push([name, value]);
  }
  return Object.fromEntries(kept) as Partial<T>;
}
