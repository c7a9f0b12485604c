import type { Result } from "../../lib/result.ts";
import type { HostId } from "../../model/virtual-host.ts";
import { checkPathPattern, PATTERN_LIMITS, type PathReading } from "../../patterns/patterns.ts";
import type { Location } from "./location.ts";
import type { IngressPlan, PlannedPath } from "./plan.ts";

const { hostSteps, objectSteps } = PATTERN_LIMITS;

/** Why a location's path cannot serve as a regex; those that can are not in it. */
export type PatternRefusals = ReadonlyMap<Location, string>;

/** For hosts that take no path for a regex. */
export const NO_REFUSALS: PatternRefusals = new Map();

/**
 * The paths of a host in regex mode that cannot be used: what is no regex, what is too large as one, and what there is no more room for in
 * its Ingress or on its host. `plans` are in order of precedence: what comes first keeps its room, so that nobody is closed by what
 * comes later.
 */
export function patternRefusals(
  host: HostId,
  locations: readonly Location[],
  plans: readonly IngressPlan[],
): PatternRefusals {
  const byRule = new Map(locations.map((location) => [location.rule, location]));
  const refusals = new Map<Location, string>();
  let steps = 0;
  for (const plan of plans) {
    for (const rule of plan.hosts.get(host) ?? []) {
      const location = byRule.get(rule);
      if (location === undefined || location.pathType === "cover") continue;
      const checked = checkRule(rule);
      const fits = checked.ok && steps + checked.value.steps <= hostSteps;
      const error = checked.ok
        ? (roomError(plan, rule) ?? (fits ? null : noRoom(`host ${host}`, hostSteps)))
        : checked.error;
      if (error !== null) refusals.set(location, error);
      else if (checked.ok) steps += checked.value.steps;
    }
  }
  return refusals;
}

/** Rules between two steps: most take some ten microseconds. */
const RULES_A_STEP = 16;

/** Reads the patterns of these rules in steps, so that `patternRefusals` need not. */
export function* readPatterns(rules: readonly PlannedPath[]): Generator<void, void> {
  for (const [index, rule] of rules.entries()) {
    checkRule(rule);
    if (index % RULES_A_STEP === 0) yield;
  }
}

const checkedRules = new WeakMap<PlannedPath, Result<Pick<PathReading, "steps">>>();

/** A host is translated often: the answer is kept with the rule. */
function checkRule(rule: PlannedPath): Result<Pick<PathReading, "steps">> {
  const known = checkedRules.get(rule);
  if (known !== undefined) return known;
  const checked = checkPathPattern(rule.path);
  const answer: Result<Pick<PathReading, "steps">> = checked.ok
    ? { ok: true, value: { steps: checked.value.steps } }
    : checked;
  checkedRules.set(rule, answer);
  return answer;
}

const crowded = new WeakMap<IngressPlan, ReadonlySet<PlannedPath>>();

function roomError(plan: IngressPlan, rule: PlannedPath): string | null {
  const known = crowded.get(plan) ?? beyondRoom(plan);
  crowded.set(plan, known);
  return known.has(rule) ? noRoom("its Ingress", objectSteps) : null;
}

/** The usable paths of an Ingress, on whatever hosts, that come when its room is taken. */
function beyondRoom(plan: IngressPlan): ReadonlySet<PlannedPath> {
  const beyond = new Set<PlannedPath>();
  let steps = 0;
  for (const rules of plan.hosts.values()) {
    for (const rule of rules) {
      // What is surely beyond the limit is not even looked at.
      const checked = steps > objectSteps ? null : checkRule(rule);
      if (checked?.ok === false) continue;
      steps += checked === null ? 0 : checked.value.steps;
      if (steps > objectSteps) beyond.add(rule);
    }
  }
  return beyond;
}

function noRoom(owner: string, limit: number): string {
  return `the path is a regex for which there is no more room: those of ${owner} have more than ${limit} steps together`;
}
