import { isIPv4, isIPv6 } from "node:net";
import type { EndpointSlice, Service, ServicePort, SliceEndpoint, SlicePort } from "../../kubernetes/objects.ts";
import { type Endpoint, type EndpointSet, formatEndpoint } from "../../model/upstream.ts";
import { type BackendRef, type BackendTraits, serviceKey } from "./backend.ts";
import { parseExternalName } from "./external-name.ts";
import type { TrackedReader } from "./tracked-reader.ts";
import { findServicePort } from "./service-port.ts";

/**
 * Where the traffic of a backend goes, sorted and without duplicates; when nowhere, why. In this order: endpoints given by hand,
 * ExternalName, the cluster IP where `service-upstream` asks for it, EndpointSlices.
 */
export function translateEndpoints(
  reader: TrackedReader,
  backend: BackendRef,
  traits: BackendTraits,
): Omit<EndpointSet, "upstream"> {
  const service = reader.get("Service", serviceKey(backend));
  const port = service === undefined ? null : findServicePort(service, backend);
  const override = findOverride(reader.options.endpointOverrides, backend, port);
  if (override !== null) return { endpoints: sorted(override) };
  if (service === undefined) return nowhere("there is no such Service");
  if (port === null) return nowhere(`the Service has no port ${backend.port ?? ""}; it has ${portsOf(service)}`);
  if (service.type === "ExternalName") {
    if (reader.options.externalNames === "refused") return nowhere("ExternalName Services are refused");
    const endpoints = externalEndpoints(service, port);
    return endpoints.length > 0 ? { endpoints } : nowhere("its externalName is no host name");
  }
  if (traits.serviceUpstream && hasClusterIp(service)) {
    return { endpoints: [{ kind: "address", address: service.clusterIP, port: port.port }] };
  }
  const slices = reader.slices(serviceKey(backend));
  const endpoints = sorted(sliceEndpoints(slices, port));
  return endpoints.length > 0 ? { endpoints } : nowhere(whyNoneIsReady(service, slices, port));
}

function nowhere(absence: string): Omit<EndpointSet, "upstream"> {
  return { endpoints: [], absence };
}

function portsOf({ ports }: Service): string {
  if (ports.length === 0) return "none";
  return ports.map(({ name, port }) => (name === "" ? String(port) : `${port} (${name})`)).join(", ");
}

/** Endpoints that are there and not ready are counted; those of other ports are none. */
function whyNoneIsReady(service: Service, slices: readonly EndpointSlice[], port: ServicePort): string {
  const known = sorted(collect(slices, port, () => true)).length;
  if (known > 0) return `no endpoint is ready: 0 of ${known}`;
  const other = slices.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  if (other > 0) return `none of its ${other} endpoints has a port for ${port.name || port.port}: see targetPort`;
  return service.hasSelector
    ? "it has no endpoints: no Pod matches its selector"
    : "it has no selector, and no EndpointSlice is written for it";
}

/** False for headless Services and those without an address: `service-upstream` cannot work there. */
export function hasClusterIp(service: Service): boolean {
  return isIPv4(service.clusterIP) || isIPv6(service.clusterIP);
}

/** Endpoints given by hand: by the port as the Ingress writes it, by the Service's number or name of it, or for all ports. */
export function findOverride(
  overrides: ReadonlyMap<string, readonly Endpoint[]>,
  backend: BackendRef,
  port: ServicePort | null,
): readonly Endpoint[] | null {
  if (overrides.size === 0) return null;
  const service = serviceKey(backend);
  const ports = [backend.port ?? "", port === null ? "" : String(port.port), port?.name ?? ""];
  for (const name of ports) {
    const found = name === "" ? undefined : overrides.get(`${service}:${name}`);
    if (found !== undefined) return found;
  }
  return overrides.get(service) ?? null;
}

function externalEndpoints(service: Service, port: ServicePort): readonly Endpoint[] {
  const target = typeof port.targetPort === "number" ? port.targetPort : port.port;
  const endpoint = parseExternalName(service.externalName, target);
  return endpoint.ok ? [endpoint.value] : [];
}

/** Ready endpoints; where there are none, those that still serve while terminating, rather than an error. */
function sliceEndpoints(slices: readonly EndpointSlice[], port: ServicePort): readonly Endpoint[] {
  const ready = collect(slices, port, (endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : collect(slices, port, (endpoint) => endpoint.serving && endpoint.terminating);
}

function collect(
  slices: readonly EndpointSlice[],
  port: ServicePort,
  wanted: (endpoint: SliceEndpoint) => boolean,
): readonly Endpoint[] {
  return slices.flatMap((slice) => {
    const numbers = portNumbers(slice.ports, port);
    if (numbers.length === 0) return [];
    const addresses = slice.endpoints.filter(wanted).flatMap((endpoint) => endpoint.addresses);
    return addresses.flatMap((address) => numbers.flatMap((number) => toEndpoint(slice, address, number)));
  });
}

/** Port numbers of one slice for a Service port: matched by name, or the numeric target port where the slice names none. */
function portNumbers(slicePorts: readonly SlicePort[], port: ServicePort): readonly number[] {
  const target = typeof port.targetPort === "number" ? port.targetPort : null;
  if (slicePorts.length === 0) return target === null ? [] : [target];
  const tcp = slicePorts.filter((slicePort) => slicePort.protocol === "TCP");
  const named = tcp.filter((slicePort) => slicePort.name === port.name);
  // A Service port without name is its only one, so whatever the slice calls its port is meant.
  const matching = port.name === "" && named.length === 0 ? tcp : named;
  return matching.flatMap((slicePort) => slicePort.port ?? target ?? []);
}

function toEndpoint(slice: EndpointSlice, address: string, port: number): readonly Endpoint[] {
  if (slice.addressType === "FQDN") {
    const external = parseExternalName(address, port);
    return external.ok ? [external.value] : [];
  }
  return isIPv4(address) || isIPv6(address) ? [{ kind: "address", address: address.toLowerCase(), port }] : [];
}

function sorted(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const unique = new Map(endpoints.map((endpoint) => [formatEndpoint(endpoint), endpoint]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
}
