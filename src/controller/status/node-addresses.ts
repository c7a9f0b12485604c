import type { LoadBalancerIngress } from "../../kubernetes/objects.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { ApiClient } from "../api-source/api-client.ts";
import { publishedAddress, standardAddresses } from "./addresses.ts";
import { listPodsLike, type PodName, readNodeAddress, readPod } from "./own-pod.ts";

export interface NodeAddressOptions {
  readonly client: ApiClient;
  /** Ours: the nodes of ready pods like it are what counts. */
  readonly pod: PodName;
  readonly prefers: "external" | "internal";
}

/** Nodes that are read again in one look; those of new pods are read at once, however many. */
const AGAIN_IN_A_LOOK = 10;

/** The addresses of the nodes that our ready pods run on. A look costs a few requests, however many nodes there are. */
export class NodeAddresses {
  readonly #options: NodeAddressOptions;
  /** By node; null: it has none. What was read the longest time ago comes first. */
  readonly #known = new Map<string, string | null>();

  constructor(options: NodeAddressOptions) {
    this.#options = options;
  }

  /** In standard order. An error means that nobody knows; what was found before it is kept for the next look. */
  async look(signal: AbortSignal): Promise<Result<readonly LoadBalancerIngress[]>> {
    const nodes = await this.#nodes(signal);
    if (!nodes.ok) return nodes;
    for (const node of this.#known.keys()) if (!nodes.value.has(node)) this.#known.delete(node);
    const again = [...this.#known.keys()].slice(0, AGAIN_IN_A_LOOK);
    const fresh = [...nodes.value].filter((node) => !this.#known.has(node));
    for (const node of [...fresh, ...again]) {
      const address = await readNodeAddress(this.#options.client, node, this.#options.prefers, signal);
      if (!address.ok) return err(address.error);
      this.#known.delete(node);
      this.#known.set(node, address.value);
    }
    const found = [...this.#known.values()].filter((address) => address !== null);
    return ok(standardAddresses(found.map(publishedAddress)));
  }

  async #nodes(signal: AbortSignal): Promise<Result<ReadonlySet<string>>> {
    const { client, pod } = this.#options;
    const own = await readPod(client, pod, signal);
    if (!own.ok) return own;
    const pods = await listPodsLike(client, { pod, facts: own.value }, signal);
    if (!pods.ok) return pods;
    const nodes = pods.value.filter(({ ready }) => ready).map(({ nodeName }) => nodeName);
    return ok(new Set(nodes.filter((node) => node !== "")));
  }
}
