import { objectKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { Kind, KubernetesObject } from "../../kubernetes/objects.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { parseObject } from "../../kubernetes/parse-object.ts";
import type { Problem } from "../../model/problem.ts";
import { objectProblems } from "../object-problems.ts";
import { apiVersionOf } from "./targets.ts";

/** What a list item or a watch event holds. */
export interface ReadObject {
  /** Empty when it has no name at all. */
  readonly key: ObjectKey;
  readonly version: string;
  /** Null when it cannot be used. */
  readonly object: KubernetesObject | null;
  /** What of it is to be closed while no good version is known. */
  readonly closed: KubernetesObject | null;
  readonly problems: readonly Problem[];
}

/** Items of lists do not name their kind: it is known from the path they were asked from. Never throws. */
export function readApiObject(json: unknown, kind: Kind): ReadObject {
  const whole = isRecord(json) ? { ...json, apiVersion: apiVersionOf(kind), kind } : json;
  const parsed = parseObject(whole);
  const name = metaText(json, "name");
  const namespace = metaText(json, "namespace");
  // Unknown fields are no mistake here: a newer API server may know more than we do.
  const problems = objectProblems({ ...parsed, warnings: [] }, { kind, namespace, name }, null);
  return {
    key: objectKey(namespace, name),
    version: metaText(json, "resourceVersion"),
    object: parsed.object,
    closed: parsed.closed,
    problems,
  };
}

function metaText(json: unknown, name: string): string {
  const meta = isRecord(json) ? json["metadata"] : null;
  const value = isRecord(meta) && Object.hasOwn(meta, name) ? meta[name] : "";
  return typeof value === "string" ? value : "";
}
