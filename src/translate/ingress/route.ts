import type { IngressPolicy } from "../../annotations/annotations.ts";
import type { Filters } from "../../model/filters/filters.ts";
import type { LimitsFilter } from "../../model/filters/limits.ts";
import type { RewriteFilter } from "../../model/filters/rewrite.ts";
import type { TlsRedirectFilter } from "../../model/filters/tls-redirect.ts";
import type { Forward } from "../../model/forward.ts";
import type { Route, RouteAction } from "../../model/route.ts";
import type { RouteSettings } from "../../model/settings.ts";
import type { ServiceRef } from "../../model/upstream.ts";
import type { HostId } from "../../model/virtual-host.ts";
import { type BackendRef, serviceRef } from "../shared/backend.ts";
import type { TrackedReader } from "../shared/tracked-reader.ts";
import { activeRewrite, type Location } from "./location.ts";
import type { IngressPlan } from "./plan.ts";

/** What a route has from its host rather than from its location. */
export interface RouteContext {
  readonly reader: TrackedReader;
  readonly host: HostId;
  /** Not null: access control of the whole host cannot be honoured; the text says whose. */
  readonly hostRefusal: string | null;
  /** Not null: the path cannot be used as the regex that this host takes it for. */
  readonly patternError: string | null;
}

/** The location as the data plane sees it, still without canary, and the backend it needs. */
export function buildRoute(location: Location, context: RouteContext): { route: Route; backend: BackendRef | null } {
  const { reader, host } = context;
  const backend = location.backend ?? (location.refusal === null ? reader.defaultBackend() : null);
  const owner = location.plan === null ? "default" : location.plan.key;
  const service = backend === null ? NO_SERVICE : serviceRef(backend);
  const reason = closedReason(location, context);
  const route: Route = {
    id: `${owner}:${host}:${location.pathType}:${location.path}`,
    pathType: location.pathType,
    path: location.path,
    ...(location.policy?.useRegex === true ? { isRegex: true } : {}),
    implicit: location.implicit,
    source: location.plan?.source ?? null,
    service,
    action: reason === null ? openAction(location, backend, service, reader) : { kind: "closed", reason },
    filters: buildFilters(location, reader.settings),
  };
  return { route, backend: route.action.kind === "forward" ? backend : null };
}

const NO_SERVICE: ServiceRef = { namespace: "", name: "", port: "" };

function closedReason(location: Location, { reader, hostRefusal, patternError }: RouteContext): string | null {
  const { closedReason: ofAll } = reader.settings;
  return ofAll ?? location.policy?.closed ?? hostRefusal ?? location.refusal ?? patternError;
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
    backends: [{ upstream, service, protocol, rule: null, affinity: ownAffinity }],
    timeouts,
    retry,
    host: policy?.upstreamVhost ?? null,
    responseHeadBytes,
  } satisfies Forward;
}

function buildFilters(location: Location, settings: RouteSettings): Filters {
  const { plan, policy } = location;
  const { bodyLimitBytes } = policy ?? settings;
  const filters: { -readonly [K in keyof Filters]: Filters[K] } = {};
  if (bodyLimitBytes > 0) filters.bodyLimit = { maxBytes: bodyLimitBytes };
  if (plan === null || policy === null) return filters;
  const redirect = tlsRedirect(location.path, policy, settings);
  const limits = limitsFilter(plan, policy);
  const rewrite = rewriteFilter(location, policy);
  if (redirect !== null) filters.tlsRedirect = redirect;
  if (limits !== null) filters.limits = limits;
  if (rewrite !== null) filters.rewrite = rewrite;
  return filters;
}

/** `no-tls-redirect-locations` are prefixes of the rule's path, not of the request's. */
function tlsRedirect(path: string, policy: IngressPolicy, settings: RouteSettings): TlsRedirectFilter | null {
  const { whenCertificate, always } = policy.tlsRedirect;
  if (!whenCertificate && !always) return null;
  const exempt = settings.noTlsRedirectLocations.some((prefix) => prefix !== "" && path.startsWith(prefix));
  return exempt ? null : policy.tlsRedirect;
}

function rewriteFilter(location: Location, { rewrite: { forwardedPrefix } }: IngressPolicy): RewriteFilter | null {
  const target = activeRewrite(location);
  return target === null ? null : { target, forwardedPrefix };
}

/** One zone for the whole Ingress: all its hosts and paths count together. */
function limitsFilter(plan: IngressPlan, policy: IngressPolicy): LimitsFilter | null {
  const { rps, rpm, connections, burstMultiplier, allowlist } = policy.limits;
  if (rps === 0 && rpm === 0 && connections === 0) return null;
  return {
    zone: plan.key,
    requestsPerSecond: rps === 0 ? null : { rate: rps, burst: rps * burstMultiplier },
    requestsPerMinute: rpm === 0 ? null : { rate: rpm, burst: rpm * burstMultiplier },
    connections,
    allowlist,
  };
}
