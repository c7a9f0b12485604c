import type { ObjectReference } from "../../kubernetes/object-reference.ts";
import type { Problem } from "../../model/problem.ts";
import { guardsHost, reviewKey } from "./review-keys.ts";
import { type IngressPolicy, readSlices, referencesOf, withClosure } from "./policy.ts";
import { type IngressContext, ownAnnotations, type Reading } from "./reading.ts";
import { reviewRisks, reviewTogether, reviewWords } from "./review-policy.ts";

/** What came of the annotations of one Ingress. */
export interface ParsedAnnotations {
  readonly policy: IngressPolicy;
  /** The objects that translation reads for this policy. */
  readonly references: readonly ObjectReference[];
  readonly problems: readonly Problem[];
}

/**
 * The annotations of one Ingress as a policy. Never throws: a value that cannot be used costs its default, or the whole
 * Ingress where it was meant to protect something (`policy.closed`), and gives exactly one problem that names its key.
 */
export function parseIngressAnnotations(
  annotations: ReadonlyMap<string, string>,
  context: IngressContext,
): ParsedAnnotations {
  const own = ownAnnotations(annotations, context.prefix);
  const reading: Reading = { annotations, own, context, problems: [], closed: [] };
  const slices = readSlices(reading);
  for (const key of annotations.keys()) reviewKey(reading, key);
  reviewRisks(reading);
  reviewWords(reading);
  reviewTogether(reading, slices);
  const policy = withClosure(slices, {
    closed: sentence(reading.closed),
    closedHost: sentence(reading.closed.filter(({ name }) => guardsHost(name))),
  });
  return { policy, references: referencesOf(slices, context.source.namespace), problems: reading.problems };
}

function sentence(closed: Reading["closed"]): string | null {
  return closed.length === 0 ? null : closed.map(({ message }) => message).join("; ");
}
