import type { FilterKind, Filters } from "../../model/filters/filters.ts";
import type { HostFilterKind, HostFilters } from "../../model/filters/host-filters.ts";
import { endpoints } from "../forward/endpoints.ts";
import type { Filter } from "../request/context.ts";
import { compileAppRoot } from "./app-root.ts";
import { affinityCookie } from "./affinity-cookie.ts";
import { compileBodyLimit } from "./body-limit.ts";
import { closed } from "./closed.ts";
import { compileCompression } from "./compression.ts";
import { compileCors } from "./cors.ts";
import { compileErrorPages } from "./error-pages.ts";
import { healthCheck } from "./health-check.ts";
import { hsts } from "./hsts.ts";
import { compileLimits } from "./limits.ts";
import { notFound } from "./not-found.ts";
import { compilePace } from "./pace.ts";
import { compileRequestHeaders } from "./request-headers.ts";
import { compileResponseHeaders } from "./response-headers.ts";
import { compileRewrite } from "./rewrite.ts";
import type { FilterSite } from "./site.ts";
import { compileTlsRedirect } from "./tls-redirect.ts";

/** Null: at that site the filter has nothing to do. */
type Compile<Kind extends FilterKind> = (spec: NonNullable<Filters[Kind]>, site: FilterSite) => Filter | null;

/** What is no filter of a route and has its place among them all the same. */
type Steps = Readonly<Record<`(${string})`, { readonly step: (site: FilterSite) => Filter | null }>>;

/**
 * THE order, which is ingress-nginx's: a new filter gets its place here, or nothing compiles. What sends a request elsewhere
 * comes before what guards, so that redirects, and the 503 of an upstream without endpoints, are had without any access control. What a
 * filter guards stands beside its data: `FILTER_GUARDS`.
 */
export const FILTERS = {
  "(closed)": { step: ({ action }) => (action === "closed" ? closed : null) },
  bodyLimit: compileBodyLimit,
  cors: compileCors,
  rewrite: compileRewrite,
  tlsRedirect: compileTlsRedirect,
  "(endpoints)": { step: ({ action }) => (action === "forward" ? endpoints : null) },
  limits: compileLimits,
  "(not-found)": { step: ({ action }) => (action === "not-found" ? notFound : null) },
  requestHeaders: compileRequestHeaders,
  responseHeaders: compileResponseHeaders,
  errorPages: compileErrorPages,
  // Behind whatever changes the head of an answer, and before what counts the bytes that are sent.
  compression: compileCompression,
  pace: compilePace,
  "(affinity-cookie)": { step: ({ hasAffinity }) => (hasAffinity ? affinityCookie : null) },
} satisfies { readonly [Kind in FilterKind]: Compile<Kind> } & Steps;

/** Of every request, before its host's and its route's. */
export const EVERY_REQUEST: readonly Filter[] = [healthCheck, hsts];

/** Those of a whole host, in their order: before any location is looked up. */
export const HOST_FILTERS = {
  appRoot: compileAppRoot,
} satisfies { readonly [Kind in HostFilterKind]: (spec: NonNullable<HostFilters[Kind]>) => Filter };

export function compileHostFilters(filters: HostFilters): readonly Filter[] {
  return Object.entries(HOST_FILTERS).flatMap(([kind, compile]) => {
    const spec = filters[kind as HostFilterKind];
    return spec === undefined ? [] : [compile(spec)];
  });
}

/** The filters of a route at its site, in their order. What closes a route is its only one. */
export function compileFilters(filters: Filters, site: FilterSite): readonly Filter[] {
  const compiled: Filter[] = [];
  for (const [kind, row] of Object.entries(FILTERS)) {
    const filter = typeof row === "function" ? compileSpec(kind, row, filters, site) : row.step(site);
    if (filter === closed) return [closed];
    if (filter !== null) compiled.push(filter);
  }
  return compiled;
}

function compileSpec(kind: string, compile: unknown, filters: Filters, site: FilterSite): Filter | null {
  const spec = filters[kind as FilterKind];
  return spec === undefined ? null : (compile as Compile<FilterKind>)(spec, site);
}
