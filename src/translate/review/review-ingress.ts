import type { Problem } from "../../model/problem.ts";
import type { IngressPlan } from "../ingress/plan.ts";
import { translateBackends } from "../ingress/backend-problems.ts";
import { IngressReader, type IngressWorld } from "../ingress/ingress-reader.ts";
import { withCandidate } from "./candidate-index.ts";
import { findConflicts } from "./conflicts.ts";
import { reviewHost } from "./review-host.ts";

/** What would come of an Ingress, before it exists. */
export interface IngressReview {
  /** Why it should not be let in; empty: it may come. */
  readonly denials: readonly string[];
  /** What its author should know. */
  readonly warnings: readonly string[];
}

/** These say that a part of the Ingress itself is wrong; others may be put right by objects that come later. */
const DENYING = new Set([
  "AnnotationParsingFailed",
  "CatchAllRefused",
  "InvalidHost",
  "InvalidPath",
  "InvalidPathPattern",
]);
/** ingress-nginx lets these in: they close what cannot be served, or come from another Ingress or from a host that may change yet. */
const TOLERATED = new Set(["HostClosed", "UnmatchablePath", "UnsupportedBackend"]);
/** Manifests are applied in any order: at this moment they say nothing. */
const ORDER_OF_APPLYING = new Set(["ServiceNotFound", "SecretNotFound", "CanaryWithoutMain"]);

/** Which characters Exact and Prefix paths may have, as `strict-validate-path-type` says. */
type PathCharacters = "strict" | "any";

/** Translates the candidate's hosts as they would be with it, by the code that will serve them, in steps. Changes nothing. */
export function* reviewPlan(
  plan: IngressPlan,
  world: IngressWorld,
  paths: PathCharacters,
): Generator<void, IngressReview> {
  const reader = new IngressReader({ ...world, backends: withCandidate(world.backends, plan) });
  const all: Problem[] = [...plan.problems];
  const conflicts = new Set<string>();
  for (const host of plan.hosts.keys()) {
    for (const problem of yield* reviewHost(reader, host, plan)) all.push(problem);
    yield;
    for (const conflict of findConflicts(plan, host, world.backends)) conflicts.add(conflict);
    yield;
  }
  for (const problem of translateBackends(reader, plan)) all.push(problem);
  yield;
  const problems = all.filter(
    ({ source }) => source.namespace === plan.source.namespace && source.name === plan.source.name,
  );
  const isDenying = (problem: Problem): boolean =>
    denies(problem) || (paths === "strict" && problem.reason === "UnusualPath");
  const denying = problems.filter(isDenying);
  const warning = problems.filter((problem) => !isDenying(problem) && !ORDER_OF_APPLYING.has(problem.reason));
  return {
    denials: [...conflicts, ...denying.map(sentenceOf)],
    warnings: warning.map(sentenceOf),
  };
}

function denies({ severity, reason, effect }: Problem): boolean {
  return (effect === "closed" && !TOLERATED.has(reason)) || (severity === "error" && DENYING.has(reason));
}

function sentenceOf({ field, message }: Problem): string {
  return field === "" || field.startsWith("metadata.annotations[") ? message : `${field}: ${message}`;
}
