import { deltaOf, onlyOne } from "../../../src/model/delta.ts";
import type { ModelDelta } from "../../../src/model/model.ts";
import type { RankedGroup } from "../../../src/model/route-group.ts";
import type { Route } from "../../../src/model/route.ts";
import { DEFAULT_SETTINGS, type DataPlaneSettings } from "../../../src/model/settings.ts";
import type { Endpoint, EndpointSet, Upstream } from "../../../src/model/upstream.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";

export interface DeltaParts {
  readonly hosts?: readonly VirtualHost[];
  readonly groups?: readonly RankedGroup[];
  /** `ip:port` of the endpoints by upstream id. Upstreams that routes name and this does not are published empty. */
  readonly endpoints?: Readonly<Record<string, readonly string[]>>;
  readonly settings?: Partial<DataPlaneSettings>;
  readonly workerProcesses?: number;
  readonly certificates?: ModelDelta["certificates"];
  readonly upstreamSecurity?: ModelDelta["upstreamSecurity"];
  readonly sockets?: ModelDelta["sockets"];
  readonly listeners?: ModelDelta["listeners"];
  readonly version?: number;
}

/** A delta that publishes hosts and groups with the upstreams their routes name. */
export function buildDelta(parts: DeltaParts): ModelDelta {
  const { hosts = [], groups = [] } = parts;
  const upstreams = new Map<string, Upstream>();
  const endpoints = new Map<string, EndpointSet>();
  for (const route of [...hosts, ...groups].flatMap(({ routes }) => routes)) {
    for (const upstream of upstreamsOf(route)) {
      upstreams.set(upstream.id, upstream);
      endpoints.set(upstream.id, { upstream: upstream.id, endpoints: [] });
    }
  }
  for (const [id, addresses] of Object.entries(parts.endpoints ?? {})) {
    endpoints.set(id, { upstream: id, endpoints: addresses.map(parseEndpoint) });
  }
  return deltaOf({
    virtualHosts: new Map(hosts.map((host) => [host.id, host])),
    groups: new Map(groups.map((group) => [group.id, group])),
    upstreams,
    endpoints,
    certificates: parts.certificates ?? new Map(),
    upstreamSecurity: parts.upstreamSecurity ?? new Map(),
    sockets: parts.sockets ?? new Map(),
    listeners: parts.listeners ?? new Map(),
    version: parts.version ?? 0,
    ...settingsOf(parts),
  });
}

function settingsOf({ settings, workerProcesses }: DeltaParts): Partial<ModelDelta> {
  if (settings === undefined && workerProcesses === undefined) return {};
  const { dataPlane, log } = DEFAULT_SETTINGS;
  const process = { workerProcesses: workerProcesses ?? null };
  return { settings: onlyOne({ dataPlane: { ...dataPlane, ...settings }, log, process }) };
}

function upstreamsOf({ action }: Route): readonly Upstream[] {
  if (action.kind !== "forward") return [];
  return action.backends.flatMap(({ upstream: id, service }) =>
    id === null ? [] : [{ id, service, balancer: "round-robin" }],
  );
}

function parseEndpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(":");
  return { kind: "address", address: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
