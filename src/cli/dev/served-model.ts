import { isDeepStrictEqual } from "node:util";
import type { ModelDelta } from "../../model/model.ts";
import type { Route } from "../../model/route.ts";
import type { EndpointSet } from "../../model/upstream.ts";
import type { HostId, VirtualHost } from "../../model/virtual-host.ts";

/** How often a kind of thing was added, removed or replaced. */
interface Changes {
  added: number;
  removed: number;
  changed: number;
}

/** The part of the model that a developer is told about, as it is being served. */
export class ServedModel {
  readonly #hosts = new Map<HostId, VirtualHost>();
  readonly #endpoints = new Map<string, EndpointSet>();
  readonly #isHidden: (host: VirtualHost) => boolean;

  /** Hosts that `isHidden` are left out everywhere. */
  constructor(isHidden: (host: VirtualHost) => boolean) {
    this.#isHidden = isHidden;
  }

  get hosts(): Iterable<VirtualHost> {
    return this.#hosts.values();
  }

  /** A route to one of these upstreams answers 503. */
  get idsWithoutEndpoints(): ReadonlySet<string> {
    return new Set([...this.#endpoints.values()].flatMap((set) => (set.endpoints.length === 0 ? [set.upstream] : [])));
  }

  /** Takes a delta over, and says what it did: `1 route changed, 2 routes added`; empty when nothing that can be seen. */
  take(delta: ModelDelta): string {
    const routes: Changes = { added: 0, removed: 0, changed: 0 };
    const hosts: Changes = { added: 0, removed: 0, changed: 0 };
    for (const [id, host] of delta.virtualHosts) {
      const visible = host === null || this.#isHidden(host) ? undefined : host;
      countHost(this.#hosts.get(id), visible, { routes, hosts });
      if (visible === undefined) this.#hosts.delete(id);
      else this.#hosts.set(id, visible);
    }
    const parts = [
      ...phrases(routes, "route"),
      ...phrases(hosts, "host"),
      ...phrases({ added: 0, removed: 0, changed: delta.certificates.size }, "certificate"),
      ...phrases(
        { added: 0, removed: 0, changed: this.#takeEndpoints(delta) },
        "set of endpoints",
        "sets of endpoints",
      ),
      ...(delta.settings.size === 0 ? [] : ["settings changed"]),
    ];
    return parts.join(", ");
  }

  /** How many Services that were there and still are have other endpoints. */
  #takeEndpoints(delta: ModelDelta): number {
    let changed = 0;
    for (const [id, set] of delta.endpoints) {
      if (set !== null && this.#endpoints.has(id)) changed++;
      if (set === null) this.#endpoints.delete(id);
      else this.#endpoints.set(id, set);
    }
    return changed;
  }
}

function countHost(
  before: VirtualHost | undefined,
  after: VirtualHost | undefined,
  counts: { readonly routes: Changes; readonly hosts: Changes },
): void {
  const { routes } = counts;
  const old = writtenRoutes(before);
  const now = writtenRoutes(after);
  const seen = routes.added + routes.removed + routes.changed;
  for (const id of old.keys()) if (!now.has(id)) routes.removed++;
  for (const [id, route] of now) {
    const known = old.get(id);
    if (known === undefined) routes.added++;
    else if (!isDeepStrictEqual(known, route)) routes.changed++;
  }
  const untouched = routes.added + routes.removed + routes.changed === seen;
  if (untouched && before !== undefined && after !== undefined && !isDeepStrictEqual(before, after))
    counts.hosts.changed++;
}

/** Routes that no Ingress wrote, such as the 404 of unmatched paths, are not listed. */
function writtenRoutes(host: VirtualHost | undefined): ReadonlyMap<string, Route> {
  const written = (host?.routes ?? []).filter((route) => !route.implicit && route.source !== null);
  return new Map(written.map((route) => [route.id, route]));
}

function phrases(counts: Changes, one: string, many = `${one}s`): readonly string[] {
  return (["changed", "added", "removed"] as const).flatMap((what) =>
    counts[what] === 0 ? [] : [`${counts[what]} ${counts[what] === 1 ? one : many} ${what}`],
  );
}
