import type { ModelDelta } from "../../model/model.ts";
import type { ApiClient } from "../api-source/api-client.ts";
import { type PodName, readPod } from "../status/own-pod.ts";
import type { EventInput, EventObject } from "./event-correlator.ts";

/**
 * ingress-nginx's `RELOAD` on the pod, which some tools wait for: here it says that new hosts, certificates or settings are served. Each
 * replica tells of itself; endpoints come and go without it.
 */
export class ReloadNews {
  readonly #record: (event: EventInput) => void;
  readonly #life = new AbortController();
  #pod: EventObject | null = null;
  #finding: Promise<void> = Promise.resolve();
  #waiting = false;

  constructor(record: (event: EventInput) => void) {
    this.#record = record;
  }

  /** The pod of this replica; null as long as it is not known. */
  get pod(): EventObject | null {
    return this.#pod;
  }

  /** An event needs the pod's uid, or `kubectl describe` does not show it. */
  start(client: ApiClient, pod: PodName): void {
    this.#finding = this.#find(client, pod);
  }

  onApplied(delta: ModelDelta): void {
    if (
      delta.virtualHosts.size === 0 &&
      delta.groups.size === 0 &&
      delta.certificates.size === 0 &&
      delta.settings.size === 0
    )
      return;
    this.#waiting = true;
    this.#tell();
  }

  async stop(): Promise<void> {
    this.#life.abort();
    await this.#finding;
  }

  async #find(client: ApiClient, { namespace, name }: PodName): Promise<void> {
    const found = await readPod(client, { namespace, name }, this.#life.signal);
    if (!found.ok) return;
    this.#pod = { apiVersion: "v1", kind: "Pod", namespace, name, uid: found.value.uid };
    this.#tell();
  }

  #tell(): void {
    if (this.#pod === null || !this.#waiting) return;
    this.#waiting = false;
    this.#record({ object: this.#pod, type: "Normal", reason: "RELOAD", message: "A new configuration is served" });
  }
}
