import type { Route } from "../model/route.ts";
import type { VirtualHost } from "../model/virtual-host.ts";
import { compileRewrite } from "../router/router.ts";
import { compileCanary } from "./canary.ts";
import type { Phase, RuntimeRoute } from "./context.ts";
import { compileLimits } from "./limits/limits.ts";
import { bodyLimit } from "./phases/body-limit.ts";
import { closed } from "./phases/closed.ts";
import { endpoints } from "./phases/endpoints.ts";
import { limits } from "./phases/limits.ts";
import { notFound } from "./phases/not-found.ts";
import { tlsRedirect } from "./phases/tls-redirect.ts";

/** Prepares everything that would cost time while a request waits: regexes, tables, the list of phases. Never throws. */
export function compileRoute(route: Route, virtualHost: VirtualHost): RuntimeRoute {
  const { canary, limits: limitsFilter } = route.filters;
  return {
    route,
    virtualHost,
    phases: phasesOf(route),
    rewrite: compileRewrite(route),
    canary: canary === null ? null : compileCanary(canary),
    limits: limitsFilter === null ? null : compileLimits(limitsFilter),
    lastSelection: null,
  };
}

function phasesOf(route: Route): readonly Phase[] {
  const { action, filters } = route;
  if (action.kind === "closed") return [closed];
  const phases: Phase[] = [];
  if (filters.bodyLimitBytes > 0) phases.push(bodyLimit);
  if (filters.tlsRedirect.always || filters.tlsRedirect.whenCertificate) phases.push(tlsRedirect);
  if (action.kind === "forward") phases.push(endpoints);
  if (filters.limits !== null) phases.push(limits);
  if (action.kind === "not-found") phases.push(notFound);
  return phases;
}

/**
 * True when the same access control stands before two routes, so that a path which a backend might read as the other one gets
 * past nothing. Compared by value and only for suspicious paths: ordinary requests pay nothing for it.
 */
export function samePolicy(a: RuntimeRoute, b: RuntimeRoute): boolean {
  return a === b || accessPolicy(a.route) === accessPolicy(b.route);
}

function accessPolicy({ action, filters }: Route): string {
  return JSON.stringify([action.kind === "closed", filters.limits]);
}
