import type { IngressPolicy } from "../../annotations/annotations.ts";
import type { Filters, LimitsFilter, TlsRedirectFilter } from "../../model/filters.ts";
import type { Route, RouteAction } from "../../model/route.ts";
import type { RouteSettings } from "../../model/settings.ts";
import type { HostId } from "../../model/virtual-host.ts";
import type { BackendRef, BackendTraits } from "../shared/backend.ts";
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
  const traits = backend === null ? null : reader.traits(backend);
  const owner = location.plan === null ? "default" : location.plan.key;
  const action = chooseAction(location, traits, context);
  const route: Route = {
    id: `${owner}:${host}:${location.pathType}:${location.path}`,
    pathType: location.pathType,
    path: location.path,
    ...(location.policy?.useRegex === true ? { isRegex: true } : {}),
    implicit: location.implicit,
    source: location.plan?.source ?? null,
    service: { namespace: backend?.namespace ?? "", name: backend?.name ?? "", port: backend?.port ?? "" },
    action,
    filters: buildFilters(location, traits, context),
  };
  return { route, backend: action.kind === "forward" ? backend : null };
}

function chooseAction(location: Location, traits: BackendTraits | null, context: RouteContext): RouteAction {
  const { settings } = context.reader;
  const reason =
    settings.closedReason ?? location.policy?.closed ?? context.hostRefusal ?? location.refusal ?? context.patternError;
  if (reason !== null) return { kind: "closed", reason };
  if (traits === null) return { kind: "not-found" };
  // The default backend of the command line is always asked over plain HTTP.
  const protocol = location.backend === null ? "http" : (location.policy?.backendProtocol ?? "http");
  return { kind: "forward", upstream: traits.id, protocol };
}

function buildFilters(location: Location, traits: BackendTraits | null, context: RouteContext): Filters {
  const { settings } = context.reader;
  const { plan, policy } = location;
  if (plan === null || policy === null) return builtInFilters(settings);
  const target = activeRewrite(location);
  const affinity = traits?.affinity ?? null;
  return {
    tlsRedirect: tlsRedirect(location.path, policy, settings),
    rewrite: target === null ? null : { target },
    limits: limitsFilter(plan, policy),
    canary: null,
    affinity: affinity === null ? null : { ...affinity, setsCookie: policy.affinity !== null },
    timeouts: policy.timeouts,
    retry: policy.retry,
    bodyLimitBytes: policy.bodyLimitBytes,
    responseHeadBytes: policy.responseHeadBytes,
    upstreamHost: policy.upstreamVhost,
    forwardedPrefix: target === null ? null : policy.rewrite.forwardedPrefix,
  };
}

function builtInFilters(settings: RouteSettings): Filters {
  const { timeouts, retry, bodyLimitBytes, responseHeadBytes } = settings;
  const none = { rewrite: null, limits: null, canary: null, affinity: null, upstreamHost: null, forwardedPrefix: null };
  const tlsRedirect = { whenCertificate: false, always: false, preserveTrailingSlash: false };
  return { ...none, tlsRedirect, timeouts, retry, bodyLimitBytes, responseHeadBytes };
}

/** `no-tls-redirect-locations` are prefixes of the rule's path, not of the request's. */
function tlsRedirect(path: string, policy: IngressPolicy, settings: RouteSettings): TlsRedirectFilter {
  const exempt = settings.noTlsRedirectLocations.some((prefix) => prefix !== "" && path.startsWith(prefix));
  return exempt ? { ...policy.tlsRedirect, whenCertificate: false, always: false } : policy.tlsRedirect;
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
