import type { RuntimeHosts, RuntimeRoute } from "../request/context.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Reads what deciding about requests needs of their hosts and routes, one step for all of them before the next step. Each step
 * waits for memory, where hosts are many, but once for all. Only reads: deciding finds everything for itself.
 */
export class RoutePrefetch {
  readonly #hosts: Pick<RuntimeHosts, "placeOf" | "at">;
  readonly #places: number[] = [];
  /** What was read ends here, so that no compiler leaves the reading out. */
  read = 0;

  constructor(hosts: Pick<RuntimeHosts, "placeOf" | "at">) {
    this.#hosts = hosts;
  }

  look(exchanges: readonly Exchange[]): void {
    const hosts = this.#hosts;
    const places = this.#places;
    const count = exchanges.length;
    let read = 0;
    for (let i = 0; i < count; i++) places[i] = hosts.placeOf(exchanges[i]?.context.request.host ?? "");
    for (let i = 0; i < count; i++) if (hosts.at(places[i] ?? 0) === undefined) read++;
    for (let i = 0; i < count; i++) read += readHost(hosts.at(places[i] ?? 0));
    for (let i = 0; i < count; i++) read += readRoute(hosts.at(places[i] ?? 0)?.onlyRoute ?? null);
    this.read = read;
  }
}

function readHost(host: ReturnType<RuntimeHosts["at"]>): number {
  return host === undefined ? 0 : host.id.charCodeAt(host.id.length - 1) + (host.onlyRoute === null ? 1 : 0);
}

/** Fields from all over it. */
function readRoute(route: RuntimeRoute | null): number {
  if (route === null) return 0;
  return (
    route.hooks.decide.length + (route.forward === null ? 1 : 0) + (route.upstream === null ? 1 : 0) + route.lastCellKey
  );
}
