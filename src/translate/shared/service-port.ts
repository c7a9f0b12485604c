import type { Service, ServicePort } from "../../kubernetes/objects.ts";
import type { BackendRef } from "./backend.ts";

/**
 * The TCP port of a Service that a backend means: its number, its target port written as text, or its name; the first port that
 * fits in any of the three ways wins, as in ingress-nginx. An ExternalName Service need not declare the number it is asked for.
 */
export function findServicePort(service: Service, backend: BackendRef): ServicePort | null {
  const ports = service.ports.filter((port) => port.protocol === "TCP");
  if (backend.port === null) return ports[0] ?? null;
  if (backend.port === "") return null;
  const declared = ports.find((port) => answersTo(port, backend.port));
  if (declared !== undefined) return declared;
  return service.type === "ExternalName" ? undeclaredPort(backend.port) : null;
}

function answersTo(port: ServicePort, wanted: string | null): boolean {
  return String(port.port) === wanted || String(port.targetPort) === wanted || port.name === wanted;
}

function undeclaredPort(text: string): ServicePort | null {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 65_535) return null;
  return { name: "", protocol: "TCP", port: Number(text), targetPort: Number(text) };
}
