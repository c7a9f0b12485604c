import { isGuarded } from "../model/route.ts";
import type { Route } from "../model/route.ts";
import { DEFAULT_HOST, type HostId, type VirtualHost } from "../model/virtual-host.ts";
import type { MatchPath } from "./host-match.ts";
import { compilePathTable } from "./path-table.ts";
import { compileRegexList } from "./regex-list.ts";

/** Compiles a host of the table of the Ingresses. `compileRoute` is called once for each route, in order; `hooks` is kept with the host as it is. */
export function compileHost<T, H = never>(
  virtualHost: VirtualHost,
  compileRoute: (route: Route) => T,
  hooks: H | null = null,
): CompiledHost<T, H> {
  const { routes, regexMode } = virtualHost;
  const leaves = routes.map((route) => ({ kind: "route", payload: compileRoute(route) }) as const);
  const [first] = leaves;
  if (first !== undefined && takesEverything(virtualHost)) {
    return new CompiledHost<T, H>(virtualHost, { onlyRoute: first.payload, match: () => first, hooks });
  }
  const match = regexMode ? compileRegexList(routes, leaves) : compilePathTable(routes, leaves, "nginx");
  return new CompiledHost<T, H>(virtualHost, { onlyRoute: null, match, hooks });
}

/** A route and what it was compiled to. */
interface CompiledRoute<T> {
  readonly route: Route;
  readonly payload: T;
}

/** Whom a host asks where it has no route itself. */
interface LessSpecificHosts<T> {
  lessSpecific(id: HostId): Pick<CompiledHost<T, never>, "match" | "asksQuery"> | undefined;
}

/**
 * Compiles a host of a ranked table from its routes in the order of their ranks. What none of them matches goes to the host that is the next
 * less specific at that moment.
 */
export function compileRankedHost<T, H = never>(
  id: HostId,
  compiled: readonly CompiledRoute<T>[],
  hosts: LessSpecificHosts<T>,
): CompiledHost<T, H> {
  const routes = compiled.map(({ route }) => route);
  const virtualHost: VirtualHost = { id, regexMode: false, routes, certificate: null, filters: {} };
  const leaves = compiled.map(({ payload }) => ({ kind: "route", payload }) as const);
  const [first] = leaves;
  if (first !== undefined && takesEverything(virtualHost)) {
    return new CompiledHost<T, H>(virtualHost, { onlyRoute: first.payload, match: () => first, hooks: null });
  }
  const own = compilePathTable<T>(routes, leaves, "ranked");
  const match: MatchPath<T> = (path, request) =>
    own(path, request) ?? hosts.lessSpecific(id)?.match(path, request) ?? null;
  return new RankedHost<T, H>(virtualHost, { onlyRoute: null, match, hooks: null, hasGuards: true }, hosts);
}

interface CompiledParts<T, H> {
  readonly onlyRoute: T | null;
  readonly match: MatchPath<T>;
  readonly hooks: H | null;
  /**
   * Absent: whether one of its routes is guarded. Of a ranked table a path may also lead to routes of less specific hosts, which come and go by
   * themselves.
   */
  readonly hasGuards?: true;
}

/** As nearly every host: one route, for all paths. */
function takesEverything({ regexMode, routes }: VirtualHost): boolean {
  return (
    !regexMode &&
    routes.length === 1 &&
    routes[0]?.match === undefined &&
    routes[0]?.pathType === "prefix" &&
    routes[0].path === "/"
  );
}

/**
 * A virtual host with its table. What every request asks of its host lies in this one object: with thousands of hosts each further
 * object is one more that is in no cache.
 */
export class CompiledHost<T, H> {
  readonly id: HostId;
  /** What the caller compiled of the host's filters; null where it has none. */
  readonly hooks: H | null;
  /** True for the default server. */
  readonly isDefault: boolean;
  /** The one that takes all paths; null where there are several. */
  readonly onlyRoute: T | null;
  readonly match: MatchPath<T>;
  /** True where another reading of a path could lead to a route that is guarded; never where one route takes all paths. */
  readonly hasGuards: boolean;
  readonly virtualHost: VirtualHost;

  constructor(virtualHost: VirtualHost, { onlyRoute, match, hooks, hasGuards }: CompiledParts<T, H>) {
    this.id = virtualHost.id;
    this.hooks = hooks;
    this.isDefault = virtualHost.id === DEFAULT_HOST;
    this.onlyRoute = onlyRoute;
    this.match = match;
    this.hasGuards = hasGuards ?? (onlyRoute === null && virtualHost.routes.some(isGuarded));
    this.virtualHost = virtualHost;
  }

  /** True where the query of a request may decide which route it has. Looked for among all routes. */
  get asksQuery(): boolean {
    return this.virtualHost.routes.some(({ match }) => match !== undefined && match.query.length > 0);
  }
}

/** A host whose requests may go on to others. */
class RankedHost<T, H> extends CompiledHost<T, H> {
  readonly #hosts: LessSpecificHosts<T>;

  constructor(virtualHost: VirtualHost, parts: CompiledParts<T, H>, hosts: LessSpecificHosts<T>) {
    super(virtualHost, parts);
    this.#hosts = hosts;
  }

  override get asksQuery(): boolean {
    return super.asksQuery || this.#hosts.lessSpecific(this.id)?.asksQuery === true;
  }
}
