import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { LoadBalancerIngress } from "../../kubernetes/objects.ts";
import type { Snapshot } from "../../kubernetes/snapshot.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { ApiClient } from "../api-source/api-client.ts";
import { publishedAddress, serviceAddresses, standardAddresses } from "./addresses.ts";
import { listPodsLike, type PodName, readNodeAddress, readPod } from "./own-pod.ts";

/** Where the addresses of the status come from: the first that the command line gives. */
export type AddressSource =
  | { readonly kind: "fixed"; readonly addresses: readonly string[] }
  | { readonly kind: "service"; readonly service: ObjectKey }
  /** The nodes of our ready pods, as for a DaemonSet on the host's network. */
  | { readonly kind: "nodes"; readonly pod: PodName; readonly prefers: "external" | "internal" };

/** The addresses as they are now, in standard order. An error means that nobody knows, and the status stays as it is. */
export async function findAddresses(
  source: AddressSource,
  world: { readonly client: ApiClient; readonly snapshot: Snapshot },
  signal: AbortSignal,
): Promise<Result<readonly LoadBalancerIngress[]>> {
  if (source.kind === "fixed") return ok(standardAddresses(source.addresses.map(publishedAddress)));
  if (source.kind === "nodes") return nodeAddresses(source, world.client, signal);
  const service = world.snapshot.get("Service", source.service);
  if (service === undefined) return err(`Service ${source.service} of --publish-service does not exist`);
  return ok(standardAddresses(serviceAddresses(service)));
}

async function nodeAddresses(
  source: Extract<AddressSource, { kind: "nodes" }>,
  client: ApiClient,
  signal: AbortSignal,
): Promise<Result<readonly LoadBalancerIngress[]>> {
  const { pod, prefers } = source;
  const own = await readPod(client, pod, signal);
  if (!own.ok) return own;
  const pods = await listPodsLike(client, { pod, facts: own.value }, signal);
  if (!pods.ok) return pods;
  const nodes = new Set(pods.value.filter(({ ready }) => ready).map(({ nodeName }) => nodeName));
  const addresses: LoadBalancerIngress[] = [];
  for (const node of nodes) {
    if (node === "") continue;
    const address = await readNodeAddress(client, node, prefers, signal);
    if (!address.ok) return address;
    if (address.value !== null) addresses.push(publishedAddress(address.value));
  }
  return ok(standardAddresses(addresses));
}
