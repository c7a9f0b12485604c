import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { LoadBalancerIngress } from "../../kubernetes/objects.ts";
import type { Snapshot } from "../../kubernetes/snapshot.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { ApiClient } from "../api-source/api-client.ts";
import { publishedAddress, serviceAddresses, standardAddresses } from "./addresses.ts";
import { NodeAddresses } from "./node-addresses.ts";
import type { PodName } from "./own-pod.ts";

/** Where the addresses of the status come from: the first that the command line gives. */
export type AddressSource =
  | { readonly kind: "fixed"; readonly addresses: readonly string[] }
  | { readonly kind: "service"; readonly service: ObjectKey }
  /** The nodes of our ready pods, as for a DaemonSet on the host's network. */
  | { readonly kind: "nodes"; readonly pod: PodName; readonly prefers: "external" | "internal" };

/** Looks up the addresses as they are now, in standard order. An error means that nobody knows, and the status stays as it is. */
export type AddressFinder = (signal: AbortSignal) => Promise<Result<readonly LoadBalancerIngress[]>>;

/** What one look finds may spare requests to the next one. */
export function openAddressFinder(
  source: AddressSource,
  { client, snapshot }: { readonly client: ApiClient; readonly snapshot: Snapshot },
): AddressFinder {
  if (source.kind === "nodes") {
    const nodes = new NodeAddresses({ client, pod: source.pod, prefers: source.prefers });
    return (signal) => nodes.look(signal);
  }
  if (source.kind === "service") return () => Promise.resolve(addressesOfService(source.service, snapshot));
  const addresses = ok(standardAddresses(source.addresses.map(publishedAddress)));
  return () => Promise.resolve(addresses);
}

function addressesOfService(key: ObjectKey, snapshot: Snapshot): Result<readonly LoadBalancerIngress[]> {
  const service = snapshot.get("Service", key);
  if (service === undefined) return err(`Service ${key} of --publish-service does not exist`);
  return ok(standardAddresses(serviceAddresses(service)));
}
