import type { Service } from "../../kubernetes/objects.ts";
import type { Problem } from "../../model/problem.ts";
import { type BackendRef, serviceKey } from "./backend.ts";
import { findOverride, hasClusterIp } from "./endpoints.ts";
import { parseExternalName } from "./external-name.ts";
import { errorAt, type Place, warningAt } from "./problem-at.ts";
import { findServicePort } from "./service-port.ts";
import type { TrackedReader } from "./tracked-reader.ts";

/** Who refers to a backend, and what becomes of the requests when it can have no endpoints. */
export interface BackendUse {
  readonly place: Place;
  /** The field that names the port. */
  readonly portField: string;
  readonly serviceUpstream: boolean;
  /** Such as `its requests are answered 503`. */
  readonly cost: string;
}

/** Why a backend will never have endpoints, whatever its pods do: its Service, its port or its external name. */
export function checkBackend(reader: TrackedReader, backend: BackendRef, use: BackendUse): readonly Problem[] {
  const key = serviceKey(backend);
  const service = reader.get("Service", key);
  const port = service === undefined ? null : findServicePort(service, backend);
  if (findOverride(reader.options.endpointOverrides, backend, port) !== null) return [];
  const { place } = use;
  const portPlace = { ...place, field: use.portField };
  const refuse = (reason: string, why: string): readonly Problem[] => {
    const at = reason === "ServicePortNotFound" ? portPlace : place;
    return [errorAt(at, reason, "not-served", `${why}; ${use.cost}`)];
  };
  if (service === undefined) return refuse("ServiceNotFound", `Service ${key} does not exist`);
  if (backend.port === "") return refuse("ServicePortNotFound", "the backend names no port");
  if (port === null) {
    return refuse(
      "ServicePortNotFound",
      `Service ${key} has no TCP port ${backend.port ?? ""}, only: ${known(service)}`,
    );
  }
  if (service.type === "ExternalName") {
    if (reader.options.externalNames === "refused") {
      return refuse("ExternalNameRefused", `Service ${key} is an ExternalName, and --disable-svc-external-name is set`);
    }
    const external = parseExternalName(service.externalName, port.port);
    if (external.ok) return [];
    return refuse("ExternalNameRefused", `the external name of Service ${key} cannot be used: ${external.error}`);
  }
  if (!use.serviceUpstream || hasClusterIp(service)) return [];
  const message = `Service ${key} has no cluster IP, so service-upstream has no effect and its endpoints are used`;
  return [warningAt(place, "ServiceUpstreamIgnored", "ignored", message)];
}

function known(service: Service): string {
  const ports = service.ports.filter((port) => port.protocol === "TCP");
  return ports.map(({ port, name }) => (name === "" ? `${port}` : `${port} (${name})`)).join(", ") || "none";
}
