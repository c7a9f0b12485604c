import type { Route } from "../model/route.ts";
import { DEFAULT_HOST, type HostId, type VirtualHost } from "../model/virtual-host.ts";
import type { HostMatch } from "./host-match.ts";
import { compilePathTable } from "./path-table.ts";
import { compileRegexList } from "./regex-list.ts";

/** Compiles one virtual host. `compileRoute` is called once for each route, in order. */
export function compileHost<T>(virtualHost: VirtualHost, compileRoute: (route: Route) => T): CompiledHost<T> {
  const { routes, regexMode } = virtualHost;
  const leaves = routes.map((route): HostMatch<T> => ({ kind: "route", payload: compileRoute(route) }));
  if (takesEverything(virtualHost)) return new CompiledHost(virtualHost, leaves[0] ?? null, NOTHING);
  const find = regexMode ? compileRegexList(routes, leaves) : compilePathTable(routes, leaves);
  return new CompiledHost(virtualHost, null, find);
}

/** As nearly every host: one route, for all paths. */
function takesEverything({ regexMode, routes }: VirtualHost): boolean {
  return !regexMode && routes.length === 1 && routes[0]?.pathType === "prefix" && routes[0].path === "/";
}

const NOTHING = (): null => null;

/**
 * A virtual host with its table. What every request asks of its host lies in this one object: with thousands of hosts each further
 * object is one more that is in no cache.
 */
export class CompiledHost<T> {
  readonly id: HostId;
  readonly appRoot: VirtualHost["appRoot"];
  /** True for the default server. */
  readonly isDefault: boolean;
  /** What all paths lead to, where that is one and the same. */
  readonly #everything: HostMatch<T>;
  readonly #find: (path: string) => HostMatch<T>;
  readonly virtualHost: VirtualHost;

  constructor(virtualHost: VirtualHost, everything: HostMatch<T>, find: (path: string) => HostMatch<T>) {
    this.id = virtualHost.id;
    this.appRoot = virtualHost.appRoot;
    this.isDefault = virtualHost.id === DEFAULT_HOST;
    this.#everything = everything;
    this.#find = find;
    this.virtualHost = virtualHost;
  }

  /** `path` is a `TargetView.path`. Null when nothing matches, which a translated host never lets happen. */
  match(path: string): HostMatch<T> {
    return this.#everything ?? this.#find(path);
  }
}
