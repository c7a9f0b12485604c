import type { Filters } from "../../model/filters/filters.ts";
import type { HostFilters } from "../../model/filters/host-filters.ts";
import type { Forward } from "../../model/forward.ts";
import { isGuarded, policyOf, type Route } from "../../model/route.ts";
import type { VirtualHost } from "../../model/virtual-host.ts";
import { compileFilters, compileHostFilters } from "../filters/order.ts";
import type { FilterServices, FilterSite } from "../filters/site.ts";
import { compileChooser } from "../forward/chooser.ts";
import type { RequestContext, RouteHooks, RuntimeRoute } from "../request/context.ts";
import { collectHooks, type Hooks } from "../request/hooks.ts";

/** By what of a site is no filter: the hooks, or null where each route must have its own. */
type KnownHooks = Map<string, RouteHooks | null>;

/**
 * Prepares everything that would cost time while a request waits: regexes, tables, the lists of hooks. Routes with the same filters have the
 * same lists: so they are in the caches when a route is asked that was not asked in a while, and thousands of routes take little memory.
 */
export class RouteCompiler {
  readonly #services: FilterServices;
  readonly #known = new WeakMap<Filters, KnownHooks>();

  constructor(services: FilterServices) {
    this.#services = services;
  }

  /** Never throws. Shares hooks among routes whose filters are one object: see `shareHost`. */
  compile(route: Route, { certificate }: Pick<VirtualHost, "certificate">): RuntimeRoute {
    const { action } = route;
    return {
      route,
      hooks: this.#hooksOf(route, certificate !== null),
      forward: action.kind === "forward" ? action : null,
      chooser: action.kind === "forward" ? this.#compileChooser(action, route) : null,
      upstream: null,
      observed: null,
      lastCell: null,
      lastCellStart: 0,
      lastCellKey: 0,
    };
  }

  #compileChooser(forward: Forward, route: Route): RuntimeRoute["chooser"] {
    const hooks = forward.backends.map(({ filters }) => {
      if (filters.requestHeaders === undefined && filters.responseHeaders === undefined) return null;
      const site = new Site(route, this.#services, { hasAffinity: false, hasCertificate: false });
      return collectHooks(compileFilters(filters, site));
    });
    return compileChooser(forward, hooks);
  }

  /** Null where the host has no filter of its own. */
  compileHostHooks(filters: HostFilters): Hooks<RequestContext> | null {
    const compiled = compileHostFilters(filters);
    return compiled.length === 0 ? null : collectHooks(compiled);
  }

  #hooksOf(route: Route, hasCertificate: boolean): RouteHooks {
    const hasAffinity =
      route.action.kind === "forward" && route.action.backends.some(({ affinity }) => affinity !== null);
    const key = `${route.action.kind} ${hasCertificate} ${hasAffinity}`;
    const known = this.#knownOf(route.filters);
    const shared = known.get(key) ?? null;
    if (shared !== null) return shared;
    const site = new Site(route, this.#services, { hasAffinity, hasCertificate });
    const hooks: RouteHooks = {
      ...collectHooks(compileFilters(route.filters, site)),
      policy: policyOf(route),
      isGuarded: isGuarded(route),
    };
    known.set(key, site.pathWasRead ? null : hooks);
    return hooks;
  }

  #knownOf(filters: Filters): KnownHooks {
    const known = this.#known.get(filters);
    if (known !== undefined) return known;
    const fresh: KnownHooks = new Map();
    this.#known.set(filters, fresh);
    return fresh;
  }
}

/** Notices whether what is compiled depends on the path, and so can be of no other route. */
class Site implements FilterSite {
  readonly services: FilterServices;
  readonly action: FilterSite["action"];
  readonly hasAffinity: boolean;
  readonly hasCertificate: boolean;
  readonly #path: string;
  pathWasRead = false;

  constructor(
    { action, path }: Route,
    services: FilterServices,
    facts: Pick<FilterSite, "hasAffinity" | "hasCertificate">,
  ) {
    this.services = services;
    this.action = action.kind;
    this.hasAffinity = facts.hasAffinity;
    this.hasCertificate = facts.hasCertificate;
    this.#path = path;
  }

  get path(): string {
    this.pathWasRead = true;
    return this.#path;
  }
}
