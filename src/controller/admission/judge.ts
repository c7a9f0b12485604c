import type { Ingress } from "../../kubernetes/objects.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { parseObject } from "../../kubernetes/parse-object.ts";
import { printable } from "../../lib/printable.ts";
import type { IngressReview } from "../../translate/translate.ts";
import type { AdmissionRequest, AdmissionVerdict } from "./admission-review.ts";
import { inspectDeeply } from "./deep-inspect.ts";

/** What a verdict is based on: the command line, and the objects as they are now. */
export interface JudgeOptions {
  readonly deepInspect: "on" | "off";
  readonly annotationsPrefix: string;
  /** False for namespaces that are not looked at. */
  watches(namespace: string): boolean;
  /** Null when the Ingress is not ours. */
  review(ingress: Ingress): IngressReview | null;
}

const ALLOWED: AdmissionVerdict = { denial: null, warnings: [] };
const INGRESS = "networking.k8s.io/v1 Ingress";
const DEFAULT_PREFIX = "nginx.ingress.kubernetes.io";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Longer lists of denials help nobody. */
const MAX_DENIALS = 20;

/** Judges one request, in ingress-nginx's order. Reads and writes nothing but its arguments. */
export function judge(
  { kind, operation, namespace, object }: AdmissionRequest,
  options: JudgeOptions,
): AdmissionVerdict {
  if (kind !== INGRESS || (operation !== "CREATE" && operation !== "UPDATE")) return ALLOWED;
  if (object === null) return denied(["the request holds no object"]);
  const metadata = isRecord(object["metadata"]) ? object["metadata"] : {};
  if (typeof metadata["deletionTimestamp"] === "string") return ALLOWED;
  const found = options.deepInspect === "on" ? inspectDeeply(object) : null;
  if (found !== null) return denied([found]);
  if (!options.watches(namespace)) return ALLOWED;
  // An object under creation may have no namespace of its own yet.
  const parsed = parseObject({ ...object, metadata: { ...metadata, namespace } });
  const ingress = parsed.object?.kind === "Ingress" ? parsed.object : null;
  const unreadable = parsed.errors.map(({ field, message }) => `${field}: ${message}`);
  if (ingress === null) return denied(unreadable.length === 0 ? ["not an Ingress"] : unreadable);
  const review = options.review(ingress);
  if (review === null) return ALLOWED;
  const denials = [...unreadable, ...denialsByMeta(ingress, options.annotationsPrefix), ...review.denials];
  if (denials.length > 0) return { ...denied(denials), warnings: review.warnings };
  const odd = parsed.warnings.map(({ field, message }) => `${field}: ${message}`);
  return { denial: null, warnings: [...odd, ...review.warnings] };
}

function denialsByMeta({ meta }: Ingress, annotationsPrefix: string): readonly string[] {
  const denials: string[] = [];
  if (meta.uid !== "" && !UUID.test(meta.uid)) denials.push(`metadata.uid ${printable(meta.uid)} is not a UUID`);
  for (const key of meta.annotations.keys()) {
    const isDefault = key.startsWith(`${DEFAULT_PREFIX}/`);
    if (annotationsPrefix !== DEFAULT_PREFIX && isDefault) {
      denials.push(`${printable(key)}: this controller reads annotations under ${annotationsPrefix}; move it there`);
    } else if (key.endsWith("-snippet") && !key.startsWith(`${annotationsPrefix}/`)) {
      denials.push(`${printable(key)}: snippets are never executed; remove it`);
    }
  }
  return denials;
}

function denied(reasons: readonly string[]): AdmissionVerdict {
  const more = reasons.length - MAX_DENIALS;
  const shown = more > 0 ? [...reasons.slice(0, MAX_DENIALS), `and ${more} more`] : reasons;
  return { denial: shown.join("; "), warnings: [] };
}
