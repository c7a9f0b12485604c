import type { Route } from "../model/route.ts";
import type { VirtualHost } from "../model/virtual-host.ts";
import type { HostMatch } from "./host-match.ts";
import { compilePathTable } from "./path-table.ts";
import { compileRegexList } from "./regex-list.ts";

export interface CompiledHost<T> {
  readonly virtualHost: VirtualHost;
  /** `path` is a `TargetView.path`. Null when nothing matches, which a translated host never lets happen. */
  match(path: string): HostMatch<T>;
}

/** Compiles one virtual host. `compileRoute` is called once for each route, in order. */
export function compileHost<T>(virtualHost: VirtualHost, compileRoute: (route: Route) => T): CompiledHost<T> {
  const leaves = virtualHost.routes.map((route): HostMatch<T> => ({ kind: "route", payload: compileRoute(route) }));
  const match = virtualHost.regexMode
    ? compileRegexList(virtualHost.routes, leaves)
    : compilePathTable(virtualHost.routes, leaves);
  return { virtualHost, match };
}
