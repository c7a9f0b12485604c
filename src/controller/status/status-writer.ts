import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { LoadBalancerIngress } from "../../kubernetes/objects.ts";
import type { Snapshot } from "../../kubernetes/snapshot.ts";
import type { Logger } from "../../lib/logger.ts";
import { type ApiFailure, formatFailure } from "../api-source/api-client.ts";
import { BackOff } from "../api-source/back-off.ts";
import type { Leadership } from "../leader/leadership.ts";
import { addressesText, standardAddresses } from "./addresses.ts";
import type { PatchStatus } from "./status-client.ts";
import { WorkQueue } from "../work-queue.ts";
import { StatusLedger } from "./status-ledger.ts";

export interface StatusWriterOptions {
  readonly patch: PatchStatus;
  readonly leadership: Leadership;
  readonly snapshot: Snapshot;
  /** The Ingresses whose status is ours, canaries included. */
  readonly served: ReadonlySet<ObjectKey>;
  readonly logger: Logger;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  /** Between two writes; 0 for none. */
  readonly gapMs: number;
  /** Another controller wrote over our status. */
  onForeignWrite(key: ObjectKey, found: string, wanted: string): void;
}

/** What the writer did since the start. */
export interface StatusCounts {
  readonly writes: number;
  readonly failures: number;
  readonly foreignWrites: number;
}

/** How often a write is tried when the server does not take it; the next regular round tries again. */
const MAX_TRIES = 5;

/**
 * Brings the status of every served Ingress to the wanted addresses: the leader only, one write after the other, each Ingress at most
 * once in the queue, nothing where it is equal already. A write is bound to the version that was looked at: one that
 * comes late changes nothing.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #ledger = new StatusLedger();
  readonly #queue: WorkQueue<ObjectKey>;
  readonly #counts = { writes: 0, failures: 0, foreignWrites: 0 };
  #wanted: readonly LoadBalancerIngress[] | null = null;
  #failing = "";

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#queue = new WorkQueue((key, signal) => this.#write(key, signal), options.gapMs);
  }

  get counts(): StatusCounts {
    return this.#counts;
  }

  /** Addresses from now on. None at all is believed only once there were some: a load balancer that is not ready yet has none. */
  want(addresses: readonly LoadBalancerIngress[]): void {
    if (addresses.length === 0 && this.#wanted === null) return;
    const changed = this.#wanted === null || addressesText(this.#wanted) !== addressesText(addresses);
    this.#wanted = standardAddresses(addresses);
    if (changed) this.considerAll("look");
  }

  /** A new term begins: what others wrote before is no foreign write. */
  startTerm(): void {
    this.#ledger.clear();
    this.considerAll("look");
  }

  considerAll(pass: "look" | "correct"): void {
    for (const key of this.#options.served) this.consider(key, pass);
  }

  /** Looks at one Ingress, and queues it where its status has to be written. */
  consider(key: ObjectKey, pass: "look" | "correct"): void {
    if (this.#wanted === null || !this.#options.leadership.isLeader) return;
    const { served, snapshot } = this.#options;
    const ingress = served.has(key) ? snapshot.get("Ingress", key) : undefined;
    if (ingress === undefined) return this.forget(key);
    if (ingress.meta.deletedAtMs !== null) return;
    const wanted = addressesText(this.#wanted);
    const verdict = this.#ledger.judge(key, ingress, wanted, pass);
    if (verdict.kind === "write") this.#queue.add(key, key);
    if (verdict.kind !== "foreign") return;
    this.#counts.foreignWrites++;
    this.#options.onForeignWrite(key, verdict.found, wanted);
  }

  /** The Ingress is gone, or is not ours any more: its status belongs to whoever serves it now. */
  forget(key: ObjectKey): void {
    this.#ledger.forget(key);
    this.#queue.delete(key);
  }

  /** Resolves when nothing is left to write. */
  whenIdle(): Promise<void> {
    return this.#queue.whenIdle();
  }

  /** Ends the work; a write under way is cut off. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  /** Takes our addresses out of every status that still holds exactly them, as the last one out. */
  async clearAll(signal: AbortSignal): Promise<void> {
    const { served, snapshot, patch } = this.#options;
    if (this.#wanted === null) return;
    const ours = addressesText(this.#wanted);
    for (const key of served) {
      const ingress = snapshot.get("Ingress", key);
      if (signal.aborted || ingress === undefined || ours === "") continue;
      if (addressesText(ingress.status) !== ours) continue;
      const { resourceVersion } = ingress.meta;
      const answer = await patch({ key, resourceVersion, addresses: [] }, signal);
      if (answer.ok) this.#counts.writes++;
      else this.#fail(key, answer.error);
    }
  }

  async #write(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { snapshot, leadership, served, patch, random } = this.#options;
    const backOff = new BackOff({ firstMs: 200, maxMs: 5_000, random });
    for (let tries = 0; tries < MAX_TRIES && !signal.aborted; tries++) {
      const ingress = served.has(key) ? snapshot.get("Ingress", key) : undefined;
      if (ingress === undefined || this.#wanted === null || !leadership.isLeader) return;
      const wanted = this.#wanted;
      if (addressesText(ingress.status) === addressesText(wanted)) return;
      const { resourceVersion } = ingress.meta;
      const limit = AbortSignal.any([signal, leadership.leadSignal()]);
      const answer = await patch({ key, resourceVersion, addresses: wanted }, limit);
      if (answer.ok) return this.#done(key, addressesText(wanted), answer.value);
      if (signal.aborted || !this.#fail(key, answer.error)) return;
      await backOff.pause(answer.error.kind === "status" ? (answer.error.retryAfterMs ?? 0) : 0, limit);
    }
  }

  #done(key: ObjectKey, wrote: string, version: string): void {
    this.#counts.writes++;
    this.#failing = "";
    this.#ledger.written(key, wrote, version);
  }

  /** True where trying again can help. After a conflict the watch brings the newer version, and with it the next look. */
  #fail(key: ObjectKey, failure: ApiFailure): boolean {
    if (failure.kind === "status" && (failure.status === 404 || failure.status === 409)) return false;
    this.#counts.failures++;
    const reason = formatFailure(failure);
    const { logger } = this.#options;
    if (reason !== this.#failing) logger.warn({ object: `Ingress ${key}`, reason }, "the status could not be written");
    this.#failing = reason;
    return failure.kind === "network" || failure.status === 429 || failure.status >= 500;
  }
}
