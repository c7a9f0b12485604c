import { type Forward, NO_BACKEND_FILTERS } from "../../model/forward.ts";
import type { Problem } from "../../model/problem.ts";
import type { Route, RouteAction } from "../../model/route.ts";
import type { ServiceRef } from "../../model/upstream.ts";
import type { HostId } from "../../model/virtual-host.ts";
import { type ResolvedFilters, resolveFilters } from "../filters/filters.ts";
import { type BackendRef, serviceRef } from "../shared/backend.ts";
import type { TrackedReader } from "../shared/tracked-reader.ts";
import { activeRewrite, type Location } from "./location.ts";

/** What a route has from its host rather than from its location. */
export interface RouteContext {
  readonly reader: TrackedReader;
  readonly host: HostId;
  /** Not null: access control of the whole host is not supported; the text says whose. */
  readonly hostRefusal: string | null;
  /** Not null: the path cannot be used as the regex that this host takes it for. */
  readonly patternError: string | null;
}

/** A route, what it needs and what is wrong with it. */
interface BuiltRoute {
  readonly route: Route;
  readonly backend: BackendRef | null;
  readonly problems: readonly Problem[];
}

/** The location as the data plane sees it, still without canary, and the backend it needs. */
export function buildRoute(location: Location, context: RouteContext): BuiltRoute {
  const { reader, host } = context;
  const backend = location.backend ?? (location.refusal === null ? reader.defaultBackend() : null);
  const owner = location.plan === null ? "default" : location.plan.key;
  const service = backend === null ? NO_SERVICE : serviceRef(backend);
  const { filters, closed, problems } = filtersOf(location, reader);
  const reason = closed ?? context.hostRefusal ?? location.refusal ?? context.patternError;
  const route: Route = {
    id: `${owner}:${host}:${location.pathType}:${location.path}`,
    pathType: location.pathType,
    path: location.path,
    ...(location.policy?.useRegex === true ? { isRegex: true } : {}),
    implicit: location.implicit,
    source: location.plan?.source ?? null,
    service,
    action: reason === null ? openAction(location, backend, service, reader) : { kind: "closed", reason },
    filters,
  };
  return { route, backend: route.action.kind === "forward" ? backend : null, problems };
}

const NO_SERVICE: ServiceRef = { namespace: "", name: "", port: "" };

function filtersOf(location: Location, reader: TrackedReader): ResolvedFilters {
  const { plan, policy, path } = location;
  if (plan !== null && policy !== null) {
    return resolveFilters(policy, { reader, source: plan.source, path, rewriteTarget: activeRewrite(location) });
  }
  const { bodyLimitBytes, closedReason } = reader.settings;
  const filters = bodyLimitBytes === 0 ? {} : { bodyLimit: { maxBytes: bodyLimitBytes } };
  return { filters, closed: closedReason, problems: [] };
}

function openAction(
  location: Location,
  backend: BackendRef | null,
  service: ServiceRef,
  reader: TrackedReader,
): RouteAction {
  if (backend === null) return { kind: "not-found" };
  const { policy } = location;
  const { id: upstream, affinity } = reader.traits(backend);
  // The default backend of the command line is always asked over plain HTTP.
  const protocol = location.backend === null ? "http" : (policy?.backendProtocol ?? "http");
  const ownAffinity =
    affinity === null || policy === null ? null : { ...affinity, setsCookie: policy.affinity !== null };
  const { timeouts, retry, responseHeadBytes } = policy ?? reader.settings;
  return {
    kind: "forward",
    backends: [
      {
        upstream,
        service,
        transport: { protocol, security: null },
        weight: 1,
        rule: null,
        affinity: ownAffinity,
        filters: NO_BACKEND_FILTERS,
      },
    ],
    timeouts,
    retry,
    host: policy?.upstreamVhost ?? null,
    responseHeadBytes,
  } satisfies Forward;
}
