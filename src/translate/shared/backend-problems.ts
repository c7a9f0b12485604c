import type { Problem } from "../../model/problem.ts";
import { type BackendRef, serviceKey } from "./backend.ts";
import { findOverride, hasClusterIp } from "./endpoints.ts";
import { parseExternalName } from "./external-name.ts";
import { errorAt, type Place, warningAt } from "./problem-at.ts";
import { findServicePort } from "./service-port.ts";
import type { TrackedReader } from "./tracked-reader.ts";

/** Why a backend will never have endpoints, whatever its pods do: its Service, its port or its external name. */
export function checkBackend(
  reader: TrackedReader,
  backend: BackendRef,
  place: Place,
  serviceUpstream: boolean,
): readonly Problem[] {
  const key = serviceKey(backend);
  const service = reader.get("Service", key);
  const port = service === undefined ? null : findServicePort(service, backend);
  if (findOverride(reader.options.endpointOverrides, backend, port) !== null) return [];
  if (service === undefined) {
    return [
      errorAt(place, "ServiceNotFound", "not-served", `Service ${key} does not exist, so requests are answered 503`),
    ];
  }
  if (port === null) {
    const known = service.ports
      .map((each) => [each.port, each.name].filter((part) => part !== "").join("/"))
      .join(", ");
    const message = `Service ${key} has no TCP port ${backend.port ?? ""}, so requests are answered 503; it has: ${known || "none"}`;
    return [errorAt(place, "ServicePortNotFound", "not-served", message)];
  }
  if (service.type === "ExternalName") {
    const external = parseExternalName(service.externalName, port.port);
    if (external.ok) return [];
    const message = `the external name of Service ${key} cannot be used, so requests are answered 503: ${external.error}`;
    return [errorAt({ ...place, value: service.externalName }, "ExternalNameRefused", "not-served", message)];
  }
  if (!serviceUpstream || hasClusterIp(service)) return [];
  const message = `Service ${key} has no cluster IP, so service-upstream has no effect and its endpoints are used`;
  return [warningAt(place, "ServiceUpstreamIgnored", "ignored", message)];
}
