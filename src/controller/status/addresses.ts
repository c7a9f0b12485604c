import { isIP } from "node:net";
import type { LoadBalancerIngress, Service } from "../../kubernetes/objects.ts";

/** One text as an entry of a status: an address, or else a host name. */
export function publishedAddress(text: string): LoadBalancerIngress {
  return isIP(text) === 0 ? { ip: "", hostname: text } : { ip: text, hostname: "" };
}

/** Where a Service of `--publish-service` can be reached, by its type, as ingress-nginx takes it. */
export function serviceAddresses(service: Service): readonly LoadBalancerIngress[] {
  return ADDRESSES_BY_TYPE[service.type](service);
}

const ADDRESSES_BY_TYPE: Readonly<Record<Service["type"], (service: Service) => readonly LoadBalancerIngress[]>> = {
  ExternalName: ({ externalName }) => (externalName === "" ? [] : [publishedAddress(externalName)]),
  ClusterIP: clusterAddress,
  NodePort: (service) => (service.externalIPs.length > 0 ? externalAddresses(service) : clusterAddress(service)),
  LoadBalancer: (service) => [...service.loadBalancer, ...externalAddresses(service)],
};

function clusterAddress({ clusterIP }: Service): readonly LoadBalancerIngress[] {
  return clusterIP === "" || clusterIP === "None" ? [] : [publishedAddress(clusterIP)];
}

function externalAddresses({ externalIPs }: Service): readonly LoadBalancerIngress[] {
  return externalIPs.map(publishedAddress);
}

/** In a fixed order and without repetitions, so that equal ones have equal texts. */
export function standardAddresses(addresses: readonly LoadBalancerIngress[]): readonly LoadBalancerIngress[] {
  const byText = new Map(addresses.map(({ ip, hostname }) => [addressText({ ip, hostname }), { ip, hostname }]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
}

/** `192.0.2.1, lb.example`: the same text for the same addresses in any order; empty for none. */
export function addressesText(addresses: readonly LoadBalancerIngress[]): string {
  return standardAddresses(addresses).map(addressText).join(", ");
}

function addressText({ ip, hostname }: LoadBalancerIngress): string {
  return ip !== "" && hostname !== "" ? `${ip} (${hostname})` : ip + hostname;
}
