import { BACKEND_PROTOCOLS, type BackendProtocol } from "../../model/backend-protocol.ts";
import { memoizeBounded } from "../../lib/memoize-bounded.ts";
import { isGuarded, policyOf } from "../../model/guards.ts";
import type { Route } from "../../model/route.ts";
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
  return {
    route,
    filters,
    hooks: hooksOf(route, virtualHost),
    upstreamId: action.kind === "forward" ? action.upstream : null,
    protocol: action.kind === "forward" ? internProtocol(action.protocol) : "auto",
    rewrite: compileRewrite(route),
    canary: filters.canary === null ? null : compileCanary(filters.canary),
    limits: filters.limits === null ? null : compileLimits(filters.limits),
    policyText: null,
    upstream: null,
    observed: null,
    lastCell: null,
    lastCellStart: 0,
    lastCellKey: 0,
  };
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
  { filter: bodyLimit, isOf: ({ filters }) => filters.bodyLimitBytes > 0 },
  { filter: tlsRedirect, isOf: redirectsToTls },
  { filter: endpoints, isOf: ({ action }) => action.kind === "forward" },
  { filter: limits, isOf: ({ filters }) => filters.limits !== null },
  { filter: notFound, isOf: ({ action }) => action.kind === "not-found" },
  { filter: affinityCookie, isOf: hasAffinity },
];

function hasAffinity({ filters: { affinity, canary } }: Route): boolean {
  return affinity !== null || (canary !== null && canary.affinity !== null);
}

function redirectsToTls({ filters: { tlsRedirect: filter } }: Route, { certificate }: VirtualHost): boolean {
  return filter.always || (filter.whenCertificate && certificate !== null);
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
