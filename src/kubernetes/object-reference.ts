import type { ObjectKey } from "./object-key.ts";

/** An object that another one names, and whose content matters only as long as it does. */
export interface ObjectReference {
  readonly kind: "Secret" | "ConfigMap" | "Service";
  readonly key: ObjectKey;
}
