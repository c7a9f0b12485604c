import { printable } from "../../lib/printable.ts";
import type { Problem } from "../../model/problem.ts";
import { formatSource } from "../../model/source.ts";
import { isSelfRewrite, type Location, wantsRegex } from "./location.ts";
import type { PatternRefusals } from "./pattern-room.ts";
import { errorAt, warningAt } from "../shared/problem-at.ts";

/** The routes that are closed because their path cannot be used although the host takes all paths for regexes. */
export function patternProblems(locations: readonly Location[], refusals: PatternRefusals): readonly Problem[] {
  return locations.flatMap((location) => {
    const error = refusals.get(location);
    if (error === undefined || location.plan === null) return [];
    const place = {
      source: location.plan.source,
      field: `${location.rule?.field ?? "spec"}.path`,
      value: location.path,
    };
    return errorAt(place, "InvalidPathPattern", "closed", `${error}; the route answers 503`);
  });
}

/** Who turned the host to regex matching, told to each Ingress that did not ask for it. */
export function regexModeWarnings(host: string, locations: readonly Location[]): readonly Problem[] {
  const cause = locations.find(wantsRegex);
  if (cause?.plan === null || cause?.plan === undefined) return [];
  const asking = new Set(locations.filter(wantsRegex).map((location) => location.plan));
  const others = new Set(locations.map((location) => location.plan).filter((plan) => !asking.has(plan)));
  const culprit = `${formatSource(cause.plan.source)} (path ${printable(cause.path)})`;
  const message = `all paths of host ${host} are case-insensitive regexes, anchored only at their start, because of use-regex or rewrite-target in ${culprit}`;
  const affected = [...others].flatMap((plan) =>
    plan === null
      ? []
      : [warningAt({ source: plan.source, field: "spec.rules", value: host }, "RegexModeHost", "none", message)],
  );
  return [...affected, ...locations.flatMap(selfRewriteWarning)];
}

function selfRewriteWarning(location: Location): readonly Problem[] {
  if (!isSelfRewrite(location) || location.plan === null) return [];
  const place = { source: location.plan.source, field: `${location.rule?.field ?? "spec"}.path`, value: location.path };
  const message =
    "rewrite-target equals this Prefix path, which still rewrites everything below it and makes all paths of the host regexes: remove the annotation";
  return [warningAt(place, "SelfRewrite", "none", message)];
}
