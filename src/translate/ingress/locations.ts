import { toByteString } from "../../lib/byte-string.ts";
import { formatSource } from "../../model/source.ts";
import { DEFAULT_HOST, type HostId } from "../../model/virtual-host.ts";
import type { Problem } from "../../model/problem.ts";
import { BUILT_IN_ROOT, catchAllRoot, implicitRoot, type Location, ruleLocation, wantsRegex } from "./location.ts";
import { canonicalPath, ruleKey } from "./path.ts";
import type { IngressPlan } from "./plan.ts";
import { errorAt, warningAt } from "../shared/problem-at.ts";

/** The locations of one host, in match order of regex mode. */
export interface MergedLocations {
  readonly locations: readonly Location[];
  /** True when one location wants it: then all paths of the host are regexes. */
  readonly regexMode: boolean;
  /** Exact `/` of a host in regex mode, which is not among the locations: Prefix `/` has its requests. Null if there is none. */
  readonly shadowed: Location | null;
  readonly problems: readonly Problem[];
}

/** Merges the rules of all Ingresses of a host, given in order of precedence and without canaries. The first to claim a rule has it. */
export function mergeLocations(host: HostId, plans: readonly IngressPlan[]): MergedLocations {
  const problems: Problem[] = [];
  const root = rootLocation(host, plans);
  const rules = new Map<string, Location>([[root.key, root]]);
  for (const plan of plans) {
    for (const rule of plan.hosts.get(host) ?? []) {
      const location = ruleLocation(plan, rule);
      const winner = rules.get(location.key);
      if (winner === undefined || winner.implicit) rules.set(location.key, location);
      else if (location.pathType !== "cover") problems.push(duplicate(location, winner));
    }
  }
  for (const problem of lostCatchAlls(plans, rules.get(root.key))) problems.push(problem);
  const regexMode = [...rules.values()].some(wantsRegex);
  const locations = regexMode ? withoutShadowed(rules, problems) : withoutSlashTwins(rules, problems);
  return {
    locations: inMatchOrder(locations, regexMode ? "regex" : "plain"),
    regexMode,
    shadowed: regexMode ? (rules.get(EXACT_ROOT) ?? null) : null,
    problems,
  };
}

function rootLocation(host: HostId, plans: readonly IngressPlan[]): Location {
  if (host === DEFAULT_HOST) {
    const catchAll = plans.find((plan) => plan.catchAll);
    return catchAll === undefined ? BUILT_IN_ROOT : catchAllRoot(catchAll);
  }
  const [first] = plans;
  return first === undefined ? BUILT_IN_ROOT : implicitRoot(first);
}

/** Of several catch-alls the first one serves, and a rule for `/` without host takes its place. */
function lostCatchAlls(plans: readonly IngressPlan[], root: Location | undefined): readonly Problem[] {
  const lost = plans.filter((plan) => plan.catchAll && plan !== root?.plan);
  return lost.map((plan) => {
    const winner = root?.plan ? formatSource(root.plan.source) : "another rule";
    const place = { source: plan.source, field: "spec.defaultBackend", value: plan.defaultBackend?.backend?.key ?? "" };
    const message = `${winner} already serves all requests that no host matches; this default backend is not used`;
    return errorAt(place, "DefaultBackendConflict", "not-served", message);
  });
}

/** Plain Prefix `/foo` and `/foo/` are one rule; ingress-nginx makes two equal locations of them and then takes no more changes. */
function withoutSlashTwins(rules: ReadonlyMap<string, Location>, problems: Problem[]): readonly Location[] {
  const winners = new Map<string, Location>();
  for (const location of rules.values()) {
    const canonical = canonicalPath(location.path, location.pathType);
    const key = canonical === location.path ? location.key : ruleKey(canonical, location.pathType);
    const winner = winners.get(key);
    if (winner === undefined) winners.set(key, location);
    else problems.push(duplicate(location, winner));
  }
  return [...winners.values()];
}

const EXACT_ROOT = ruleKey("/", "exact");

/** As regexes both are `^/`, and the Prefix one is tried first. */
function withoutShadowed(rules: ReadonlyMap<string, Location>, problems: Problem[]): readonly Location[] {
  const shadowed = rules.get(EXACT_ROOT);
  const { plan, rule } = shadowed ?? BUILT_IN_ROOT;
  if (plan !== null && rule !== null) {
    const place = { source: plan.source, field: `${rule.field}.path`, value: rule.path };
    const message = "the paths of this host are regexes, and there Prefix / is tried before Exact /; it is not served";
    problems.push(warningAt(place, "ShadowedPath", "not-served", message));
  }
  return [...rules.values()].filter((location) => location !== shadowed);
}

function duplicate(loser: Location, winner: Location): Problem {
  const source = loser.plan?.source ?? { kind: "Ingress", namespace: "", name: "" };
  const owner =
    winner.plan === loser.plan
      ? "this Ingress itself"
      : `${formatSource(winner.plan?.source ?? source)}, which comes first,`;
  const place = { source, field: `${loser.rule?.field ?? "spec"}.path`, value: loser.path };
  const where = winner.rule === null ? "" : ` (${winner.rule.field})`;
  const message = `${owner} already serves this host, path and type${where}; this rule is not served`;
  return errorAt(place, "PathConflict", "not-served", message);
}

/** Covers of nobody knows what come first: they may have meant anything. The others have the place of their text. */
function inMatchOrder(locations: readonly Location[], mode: "plain" | "regex"): readonly Location[] {
  const known = locations.filter((location) => !isAnything(location));
  return [...locations.filter(isAnything), ...byLength(known, mode)];
}

function isAnything({ pathType, rule }: Location): boolean {
  return pathType === "cover" && rule?.written.startsWith("/") !== true;
}

/**
 * ingress-nginx's order: longest text first, of equally long ones the greatest text first, then as merged. Prefix `/` comes last, which
 * differs from that only beside an Exact `/` on a plain host, where order means nothing.
 */
function byLength(locations: readonly Location[], mode: "plain" | "regex"): readonly Location[] {
  const keyed = locations.map((location) => ({ location, bytes: toByteString(orderingText(location, mode)) }));
  keyed.sort(
    (a, b) =>
      b.bytes.length - a.bytes.length ||
      (a.bytes === b.bytes ? Number(isRoot(a.location)) - Number(isRoot(b.location)) : a.bytes < b.bytes ? 1 : -1),
  );
  return keyed.map(({ location }) => location);
}

/** On a plain host, where the order counts for covers only, a last slash makes no path longer. */
function orderingText({ path, pathType, rule }: Location, mode: "plain" | "regex"): string {
  const text = pathType === "cover" ? (rule?.written ?? path) : path;
  return mode === "plain" ? canonicalPath(text, pathType === "exact" ? "exact" : "prefix") : text;
}

function isRoot({ path, pathType }: Location): boolean {
  return path === "/" && pathType === "prefix";
}
