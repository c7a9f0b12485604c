import type { Ingress } from "../../kubernetes/objects.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { parseObject } from "../../kubernetes/parse-object.ts";
import type { FieldError } from "../../lib/field-error.ts";
import { ok, type Result } from "../../lib/result.ts";
import { type AdmissionRequest, parseAdmissionReview } from "./admission-review.ts";
import { inspectDeeply } from "./deep-inspect.ts";

/** A review as far as it can be read without knowing the cluster. Plain data, and no more of it than `MAX_PARTS` allows. */
export interface ReadReview {
  readonly uid: string;
  readonly operation: string;
  /** `networking.k8s.io/v1 Ingress`. */
  readonly kind: string;
  readonly namespace: string;
  /** Of the object; empty for a deletion and for what has no name yet. */
  readonly name: string;
  readonly deleting: boolean;
  /** Null where there is no Ingress or it cannot be read at all. Without labels and status, which nobody judges. */
  readonly ingress: Ingress | null;
  /** Why it is too large to be judged: then `ingress` only says whose it is. Null: it is not. */
  readonly oversized: string | null;
  /** What of the Ingress cannot be read. */
  readonly errors: readonly string[];
  /** What looks like a mistake of its author. */
  readonly warnings: readonly string[];
  /** What deep inspection found; null: nothing. */
  readonly suspicion: string | null;
}

export const INGRESS_KIND = "networking.k8s.io/v1 Ingress";

/** Rules, paths, TLS entries and their hosts, all together: some 100 bytes each. */
export const MAX_PARTS = 4_000;
/** The API server takes 256 KiB of them. */
export const MAX_ANNOTATIONS = 1_000;

/** Reads the text of a request. Its time is linear in it; never throws. */
export function readReview(text: string): Result<ReadReview> {
  const parsed = parseAdmissionReview(text);
  return parsed.ok ? ok(readRequest(parsed.value)) : parsed;
}

function readRequest({ uid, operation, kind, namespace, object }: AdmissionRequest): ReadReview {
  const metadata = isRecord(object?.["metadata"]) ? object["metadata"] : {};
  const name = typeof metadata["name"] === "string" ? metadata["name"] : "";
  const deleting = typeof metadata["deletionTimestamp"] === "string";
  const head = { uid, operation, kind, namespace, name, deleting };
  if (object === null || kind !== INGRESS_KIND || deleting) {
    return { ...head, ...NOTHING, errors: object === null ? ["the request holds no object"] : [] };
  }
  // An object under creation may have no namespace of its own yet.
  const parsed = parseObject({ ...object, metadata: { ...metadata, namespace } });
  const ingress = parsed.object?.kind === "Ingress" ? parsed.object : null;
  const errors = parsed.errors.map(sentenceOf);
  if (ingress === null) return { ...head, ...NOTHING, errors: errors.length === 0 ? ["not an Ingress"] : errors };
  const oversized = excessOf(ingress);
  return {
    ...head,
    ingress: oversized === null ? withoutRest(ingress) : withoutParts(withoutRest(ingress)),
    oversized,
    errors,
    warnings: parsed.warnings.map(sentenceOf),
    suspicion: inspectDeeply(object),
  };
}

const NOTHING = { ingress: null, oversized: null, errors: [], warnings: [], suspicion: null } as const;

function sentenceOf({ field, message }: FieldError): string {
  return `${field}: ${message}`;
}

function excessOf(ingress: Ingress): string | null {
  const parts = countParts(ingress);
  if (parts > MAX_PARTS) {
    return `an Ingress may have ${MAX_PARTS} rules, paths, TLS entries and TLS hosts together, this one has ${parts}; split it`;
  }
  const annotations = ingress.meta.annotations.size;
  return annotations > MAX_ANNOTATIONS
    ? `an Ingress may have ${MAX_ANNOTATIONS} annotations, this one has ${annotations}`
    : null;
}

function countParts({ spec }: Ingress): number {
  let parts = spec.rules.length + spec.tls.length;
  for (const { paths } of spec.rules) parts += paths?.length ?? 0;
  for (const { hosts } of spec.tls) parts += hosts.length;
  return parts;
}

function withoutRest(ingress: Ingress): Ingress {
  return { ...ingress, meta: { ...ingress.meta, labels: new Map() }, status: [] };
}

/** What is left says whose Ingress it is. */
function withoutParts(ingress: Ingress): Ingress {
  const annotations = new Map([...ingress.meta.annotations].filter(([key]) => key.startsWith("kubernetes.io/")));
  return { ...ingress, meta: { ...ingress.meta, annotations }, spec: { ...ingress.spec, tls: [], rules: [] } };
}
