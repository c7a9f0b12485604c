import { BACKEND_PROTOCOLS, type BackendProtocol } from "../../model/backend-protocol.ts";
import { memoizeBounded } from "../../lib/memoize-bounded.ts";
import type { Forward } from "../../model/forward.ts";
import { isGuarded, policyOf, type Route } from "../../model/route.ts";
import type { VirtualHost } from "../../model/virtual-host.ts";
import { compileRewrite } from "../../router/router.ts";
import { compileCanary } from "../forward/canary.ts";
import type { Filter, RequestContext, RuntimeRoute } from "../request/context.ts";
import { collectHooks, type Hooks } from "../request/hooks.ts";
import { compileLimits } from "../filters/limits/limits.ts";
import { affinityCookie } from "../filters/affinity-cookie.ts";
import { bodyLimit } from "../filters/body-limit.ts";
import { closed } from "../filters/closed.ts";
import { endpoints } from "../forward/endpoints.ts";
import { limits } from "../filters/limits.ts";
import { notFound } from "../filters/not-found.ts";
import { tlsRedirect } from "../filters/tls-redirect.ts";

/** Prepares everything that would cost time while a request waits: regexes, tables, the lists of hooks. Never throws. */
export function compileRoute(route: Route, virtualHost: VirtualHost): RuntimeRoute {
  const { action, filters } = route;
  const forward = action.kind === "forward" ? action : null;
  const main = forward?.backends[0];
  return {
    route,
    filters,
    hooks: hooksOf(route, virtualHost),
    forward,
    upstreamId: main?.upstream ?? null,
    protocol: main === undefined ? "auto" : internProtocol(main.protocol),
    rewrite: compileRewrite(route),
    canary: canaryOf(forward),
    limits: filters.limits === undefined ? null : compileLimits(filters.limits),
    policyText: null,
    upstream: null,
    observed: null,
    lastCell: null,
    lastCellStart: 0,
    lastCellKey: 0,
  };
}

function canaryOf(forward: Forward | null): RuntimeRoute["canary"] {
  for (const backend of forward?.backends ?? []) {
    if (backend.rule !== null) return { backend, rule: compileCanary(backend.rule) };
  }
  return null;
}

/** Equal texts that came from another thread are not the same text, and are compared letter by letter. */
function internProtocol(protocol: BackendProtocol): BackendProtocol {
  return BACKEND_PROTOCOLS.find((one) => one === protocol) ?? protocol;
}

/** In order; of a closed route, it is `closed` alone. */
const FILTERS: readonly {
  readonly filter: Filter;
  readonly isOf: (route: Route, virtualHost: VirtualHost) => boolean;
}[] = [
  { filter: closed, isOf: ({ action }) => action.kind === "closed" },
  { filter: bodyLimit, isOf: ({ filters }) => filters.bodyLimit !== undefined },
  { filter: tlsRedirect, isOf: redirectsToTls },
  { filter: endpoints, isOf: ({ action }) => action.kind === "forward" },
  { filter: limits, isOf: ({ filters }) => filters.limits !== undefined },
  { filter: notFound, isOf: ({ action }) => action.kind === "not-found" },
  { filter: affinityCookie, isOf: hasAffinity },
];

function hasAffinity({ action }: Route): boolean {
  return action.kind === "forward" && action.backends.some(({ affinity }) => affinity !== null);
}

function redirectsToTls({ filters: { tlsRedirect: filter } }: Route, { certificate }: VirtualHost): boolean {
  return filter !== undefined && (filter.always || (filter.whenCertificate && certificate !== null));
}

/** The same lists for all routes that have the same filters. */
function hooksOf(route: Route, virtualHost: VirtualHost): Hooks<RequestContext> {
  return hooksAt(FILTERS.map(({ isOf }) => (isOf(route, virtualHost) ? "1" : "0")).join(""));
}

const hooksAt = memoizeBounded(2 ** FILTERS.length, (which): Hooks<RequestContext> => {
  const filters = FILTERS.filter((_, i) => which[i] === "1").map(({ filter }) => filter);
  return collectHooks(filters[0] === closed ? [closed] : filters);
});

/**
 * True when the same access control stands before two routes, so that a path which a backend might read as the other one gets
 * past nothing. Compared by value and only for suspicious paths: ordinary requests pay nothing for it.
 */
export function samePolicy(a: RuntimeRoute, b: RuntimeRoute): boolean {
  return a === b || policyTextOf(a) === policyTextOf(b);
}

/** True when anything stands before the route that another one of its host may lack. */
export function isGuardedRoute({ route }: RuntimeRoute): boolean {
  return isGuarded(route);
}

/** Made when it is first asked for, which is seldom. */
function policyTextOf(route: RuntimeRoute): string {
  route.policyText ??= policyOf(route.route);
  return route.policyText;
}
