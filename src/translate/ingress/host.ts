import type { Problem } from "../../model/problem.ts";
import { DEFAULT_HOST, type HostId, type VirtualHost } from "../../model/virtual-host.ts";
import type { BackendRef } from "../shared/backend.ts";
import type { TrackedReader } from "../shared/tracked-reader.ts";
import { canariesWithoutHost, canaryFilter, matchCanaries } from "./canary.ts";
import { chooseCertificate } from "./host-certificate.ts";
import type { Location } from "./location.ts";
import { type MergedLocations, mergeLocations } from "./locations.ts";
import { patternError, patternProblems, regexModeWarnings } from "./path-pattern.ts";
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
export function translateHost(reader: TrackedReader, host: HostId): HostShard {
  const claims = reader.claims(host);
  const mains = claims.filter((plan) => plan.policy.canary === null);
  const canaries = claims.filter((plan) => plan.policy.canary !== null);
  if (mains.length === 0 && host !== DEFAULT_HOST) {
    return { virtualHost: null, backends: new Map(), problems: canariesWithoutHost(host, canaries) };
  }
  const merged = mergeLocations(host, mains);
  const matched = matchCanaries(host, merged.locations, canaries);
  const backends = new Map<string, BackendRef>();
  const routes = merged.locations.map((location) => {
    const canary = matched.byLocation.get(location);
    const context = { reader, host, patternError: merged.regexMode ? patternError(location) : null };
    const { route, backend } = buildRoute(location, context);
    if (backend !== null) backends.set(backend.key, backend);
    const alternative =
      canary === undefined || backend === null ? null : canaryFilter(canary, route.filters.affinity, reader);
    if (alternative === null) return route;
    backends.set(alternative.backend.key, alternative.backend);
    return { ...route, filters: { ...route.filters, canary: alternative.filter } };
  });
  const { certificate, problems } = chooseCertificate(reader, host);
  return {
    virtualHost: {
      id: host,
      regexMode: merged.regexMode,
      routes,
      certificate,
      appRoot: reader.settings.closedReason === null ? findAppRoot(merged.locations) : null,
    },
    backends,
    problems: [...merged.problems, ...patternMessages(host, merged), ...matched.problems, ...problems],
  };
}

function patternMessages(host: HostId, merged: MergedLocations): readonly Problem[] {
  if (!merged.regexMode) return [];
  return [...regexModeWarnings(host, merged.locations), ...patternProblems(merged.locations)];
}

/** Of several, the first location in match order has it. One whose routes are closed must not answer anything, not even this. */
function findAppRoot(locations: readonly Location[]): VirtualHost["appRoot"] {
  for (const { plan, policy } of locations) {
    if (plan === null || policy === null || policy.appRoot === null || policy.closed !== null) continue;
    return { path: policy.appRoot, source: plan.source };
  }
  return null;
}
