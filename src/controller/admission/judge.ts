import type { Ingress } from "../../kubernetes/objects.ts";
import type { Clock } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import type { IngressReview } from "../../translate/translate.ts";
import type { AdmissionVerdict } from "./admission-review.ts";
import { INGRESS_KIND, type ReadReview } from "./read-review.ts";
import { takeSteps } from "./take-steps.ts";

/** What a verdict is based on: the command line, and the objects as they are now. */
export interface JudgeOptions {
  readonly deepInspect: "on" | "off";
  readonly annotationsPrefix: string;
  readonly clock: Clock;
  /** False for namespaces that are not looked at. */
  watches(namespace: string): boolean;
  /** True when the Ingress is ours. */
  takes(ingress: Ingress): boolean;
  /** The judgement in short steps. */
  review(ingress: Ingress): Iterator<void, IngressReview>;
}

const ALLOWED: AdmissionVerdict = { denial: null, warnings: [] };
const DEFAULT_PREFIX = "nginx.ingress.kubernetes.io";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Longer lists of denials help nobody. */
const MAX_DENIALS = 20;
/** Of work, the pauses between not counted: far more than the largest Ingress that is read needs. */
const BUDGET_MS = 1_000;

/**
 * Judges one request: whose it is first, then what deep inspection found, then the Ingress as the serving code would read it. Lets the
 * event loop turn every few milliseconds. Reads and writes nothing but its arguments.
 */
export async function judge(review: ReadReview, options: JudgeOptions): Promise<AdmissionVerdict> {
  const { operation, ingress } = review;
  if (review.kind !== INGRESS_KIND || (operation !== "CREATE" && operation !== "UPDATE")) return ALLOWED;
  if (review.deleting || !options.watches(review.namespace)) return ALLOWED;
  if (ingress === null) return denied(review.errors);
  if (!options.takes(ingress)) return ALLOWED;
  if (options.deepInspect === "on" && review.suspicion !== null) return denied([review.suspicion]);
  if (review.oversized !== null) return denied([review.oversized]);
  const judged = await takeSteps(options.review(ingress), options.clock, BUDGET_MS);
  if (judged === null) return denied([`judging the Ingress takes more than ${BUDGET_MS} ms of work; split it`]);
  const denials = [...review.errors, ...denialsByMeta(ingress, options.annotationsPrefix), ...judged.denials];
  if (denials.length > 0) return { ...denied(denials), warnings: judged.warnings };
  return { denial: null, warnings: [...review.warnings, ...judged.warnings] };
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
