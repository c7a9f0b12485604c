import type { Problem } from "../../model/problem.ts";
import { DEFAULT_HOST, type HostId } from "../../model/virtual-host.ts";
import { canariesWithoutHost, matchCanaries } from "../ingress/canary.ts";
import { chooseCertificate } from "../ingress/host-certificate.ts";
import { closureOf } from "../ingress/host-closure.ts";
import { wantsRegex } from "../ingress/location.ts";
import { mergeLocations } from "../ingress/locations.ts";
import { patternProblems, regexModeWarnings } from "../ingress/path-pattern.ts";
import { patternRefusals, readPatterns } from "../ingress/pattern-room.ts";
import type { IngressPlan } from "../ingress/plan.ts";
import type { IngressReader } from "../ingress/ingress-reader.ts";

/**
 * In steps, what `translateHost` would say about one of the Ingresses of a host, without building routes and without what it says about the
 * others: a host may have thousands.
 */
export function* reviewHost(
  reader: IngressReader,
  host: HostId,
  plan: IngressPlan,
): Generator<void, readonly Problem[]> {
  const claims = reader.claims(host);
  const mains = claims.filter(({ policy }) => policy.canary === null);
  const canaries = plan.policy.canary === null ? [] : claims.filter(({ policy }) => policy.canary !== null);
  if (mains.length === 0 && host !== DEFAULT_HOST) return canariesWithoutHost(host, canaries);
  const merged = mergeLocations(host, mains);
  yield;
  const matched = matchCanaries(host, merged.locations, canaries);
  const problems = [...chooseCertificate(reader, host).problems, ...closureOf(host, mains).problems];
  if (!merged.regexMode) return [...merged.problems, ...matched.problems, ...problems];
  const own = merged.locations.filter((location) => location.plan === plan);
  // The first that wants regexes is named as their cause.
  const cause = merged.locations.filter(wantsRegex).slice(0, 1);
  yield* readPatterns(plan.hosts.get(host) ?? []);
  const patterns = [
    ...regexModeWarnings(host, [...cause, ...own]),
    ...patternProblems(own, patternRefusals(host, merged.locations, mains)),
  ];
  return [...merged.problems, ...patterns, ...matched.problems, ...problems];
}
