import { parseAllDocuments } from "yaml";
import type { FieldError } from "../../../src/lib/field-error.ts";
import type { KubernetesObject } from "../../../src/kubernetes/objects.ts";
import { listItems, parseObject } from "../../../src/kubernetes/parse-object.ts";

/** The objects of a `kubectl apply` stream, and what the parser said about them. */
export function readManifests(yaml: string): {
  readonly objects: readonly KubernetesObject[];
  readonly errors: readonly FieldError[];
} {
  const objects: KubernetesObject[] = [];
  const errors: FieldError[] = [];
  const documents = parseAllDocuments(yaml);
  for (const document of Array.isArray(documents) ? documents : []) {
    const json: unknown = document.toJS();
    if (json === null) continue;
    for (const item of listItems(json) ?? [json]) {
      const parsed = parseObject(item);
      errors.push(...parsed.errors);
      if (parsed.object !== null) objects.push(parsed.object);
    }
  }
  return { objects, errors };
}
