import { isGuarded } from "../../model/route.ts";
import type { HostFilters } from "../../model/filters/host-filters.ts";
import type { Problem } from "../../model/problem.ts";
import type { Route } from "../../model/route.ts";
import { DEFAULT_HOST, type HostId, type VirtualHost } from "../../model/virtual-host.ts";
import type { BackendRef } from "../shared/backend.ts";
import type { IngressReader } from "./ingress-reader.ts";
import { canariesWithoutHost, canaryBackend, matchCanaries } from "./canary.ts";
import { type ClosedReadings, closedReadings, readingKey } from "./closed-readings.ts";
import { chooseCertificate } from "./host-certificate.ts";
import { closureOf } from "./host-closure.ts";
import type { Location } from "./location.ts";
import { type MergedLocations, mergeLocations } from "./locations.ts";
import { patternProblems, regexModeWarnings } from "./path-pattern.ts";
import { NO_REFUSALS, patternRefusals, type PatternRefusals } from "./pattern-room.ts";
import { buildRoute } from "./route.ts";

/** A virtual host with what it needs from the rest of the model. */
export interface HostShard {
  /** Null where only canaries claim the host. */
  readonly virtualHost: VirtualHost | null;
  /** By backend key. */
  readonly backends: ReadonlyMap<string, BackendRef>;
  readonly problems: readonly Problem[];
}

/** Builds one virtual host from the Ingresses that claim it. The default server always comes out, if need be with the built-in 404. */
export function translateHost(reader: IngressReader, host: HostId): HostShard {
  const claims = reader.claims(host);
  const mains = claims.filter((plan) => plan.policy.canary === null);
  const canaries = claims.filter((plan) => plan.policy.canary !== null);
  if (mains.length === 0 && host !== DEFAULT_HOST) {
    return { virtualHost: null, backends: new Map(), problems: canariesWithoutHost(host, canaries) };
  }
  const merged = mergeLocations(host, mains);
  const matched = matchCanaries(host, merged.locations, canaries);
  const backends = new Map<string, BackendRef>();
  const unresolved: Problem[] = [];
  const closed = closureOf(host, mains);
  const refusals = merged.regexMode ? patternRefusals(host, merged.locations, mains) : NO_REFUSALS;
  const routes = merged.locations.map((location) => {
    const canary = matched.byLocation.get(location);
    const context = {
      reader,
      host,
      hostRefusal: closed.reason,
      patternError: refusals.get(location) ?? null,
    };
    const { route, backend, problems } = buildRoute(location, context);
    for (const problem of problems) unresolved.push(problem);
    if (backend !== null) backends.set(backend.key, backend);
    const { action } = route;
    if (canary === undefined || action.kind !== "forward") return route;
    const alternative = canaryBackend(canary, action.backends[0]?.affinity ?? null, reader);
    if (alternative === null) return route;
    backends.set(alternative.ref.key, alternative.ref);
    return { ...route, action: { ...action, backends: [...action.backends, alternative.backend] } };
  });
  for (const [key, backend] of reader.backends) backends.set(key, backend);
  const { certificate, problems } = chooseCertificate(reader, host);
  const safe = withClosedReadings(reader, merged, routes);
  const shadowed =
    merged.shadowed && buildRoute(merged.shadowed, { reader, host, hostRefusal: null, patternError: null });
  return {
    virtualHost: {
      id: host,
      regexMode: merged.regexMode,
      routes: shadowed === null ? safe.routes : withClosedRoot(safe.routes, shadowed.route),
      certificate,
      filters: reader.settings.closedReason === null && closed.reason === null ? hostFilters(merged.locations) : {},
    },
    backends,
    problems: [
      ...merged.problems,
      ...patternMessages(host, merged, refusals),
      ...safe.problems,
      ...unresolved,
      ...closed.problems,
      ...matched.problems,
      ...problems,
    ],
  };
}

/** Adds what is closed of the paths that cannot match what they were to guard. Where everything is closed there is nothing to add. */
function withClosedReadings(reader: IngressReader, merged: MergedLocations, routes: readonly Route[]): ClosedReadings {
  if (reader.settings.closedReason !== null || !routes.some(isGuarded)) return { routes, problems: [] };
  const taken = new Set(merged.locations.map(({ path, pathType }) => readingKey(path, pathType)));
  const mode = merged.regexMode ? "regex" : "plain";
  const each = merged.locations.flatMap((location, index) => {
    const route = routes[index];
    return route === undefined ? [] : [{ route, closed: closedReadings(route, location, mode, taken) }];
  });
  return {
    routes: each.flatMap(({ route, closed }) => [route, ...closed.routes]),
    problems: each.flatMap(({ closed }) => closed.problems),
  };
}

/** What Exact `/` was to guard must not be had through the Prefix `/` of another Ingress, which a host in regex mode tries first. */
function withClosedRoot(routes: readonly Route[], shadowed: Route): readonly Route[] {
  const root = routes.at(-1);
  if (!isGuarded(shadowed) || root === undefined || root.source === shadowed.source) return routes;
  const reason = "the paths of this host are regexes, among which Exact / is shadowed by Prefix /";
  const closed: Route = { ...shadowed, pathType: "cover", path: "/$", action: { kind: "closed", reason } };
  return [...routes.slice(0, -1), closed, root];
}

function patternMessages(host: HostId, merged: MergedLocations, refusals: PatternRefusals): readonly Problem[] {
  if (!merged.regexMode) return [];
  return [...regexModeWarnings(host, merged.locations), ...patternProblems(merged.locations, refusals)];
}

/** Of several, the first location in match order has it. One whose routes are closed must not answer anything, not even this. */
function hostFilters(locations: readonly Location[]): HostFilters {
  for (const { plan, policy } of locations) {
    if (plan === null || policy === null || policy.appRoot === null || policy.closed !== null) continue;
    return { appRoot: { path: policy.appRoot, source: plan.source } };
  }
  return {};
}
