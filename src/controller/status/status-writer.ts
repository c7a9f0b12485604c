import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Ingress, LoadBalancerIngress } from "../../kubernetes/objects.ts";
import type { Snapshot } from "../../kubernetes/snapshot.ts";
import type { Logger } from "../../lib/logger.ts";
import { ScopedSignal } from "../../lib/scoped-signal.ts";
import { type ApiFailure, formatFailure, retryAfterOf } from "../api-source/api-client.ts";
import { BackOff, sleepUntil } from "../api-source/back-off.ts";
import type { Leadership } from "../leader/leadership.ts";
import { addressesText, standardAddresses } from "./addresses.ts";
import type { PatchStatus, StatusPatch } from "./status-client.ts";
import { WorkQueue } from "../work-queue.ts";
import type { Pause, WriteRate } from "../write-rate.ts";
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
  /** Every try of a write takes its turn there. */
  readonly rate: WriteRate;
  readonly pause?: Pause;
  /** Another controller wrote over our status. */
  onForeignWrite(key: ObjectKey, found: string, wanted: string): void;
}

/** What the writer did since the start. */
export interface StatusCounts {
  readonly writes: number;
  readonly failures: number;
  readonly foreignWrites: number;
}

type Addresses = readonly LoadBalancerIngress[];

/** What is to be written into one status. */
interface Job {
  /** The addresses, by how the Ingress is now; null where nothing has to be written. */
  choose(ingress: Ingress): Addresses | null;
  /** After a conflict the watch brings the newer version, and with it the next look. At the end there is none. */
  readonly onConflict: "leave" | "try-again";
}

interface Written {
  readonly addresses: Addresses;
  readonly version: string;
}

/** What became of the statuses that held our addresses at the end. */
export interface ClearedStatuses {
  readonly cleared: number;
  /** Ingresses that still say our addresses. */
  readonly left: readonly ObjectKey[];
}

/** Writes under way at the same time: enough for 5,000 in 20 s with an API server that takes 50 ms for each. */
const WRITERS = 16;
/** How often a write is tried that fails for its own sake, as by an error of a webhook; the next regular round tries again. */
const MAX_TRIES = 5;
/** The server takes nothing now, of anybody: its own words, and those of what stands in front of it. */
const NOT_NOW: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Brings the status of every served Ingress to the wanted addresses: the leader only, some writes at the same time, never two of one
 * Ingress, nothing where it is equal already. A write is bound to the version that was looked at: one that comes late changes nothing.
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
    this.#queue = new WorkQueue((key, signal) => this.#write(key, signal), { workers: WRITERS, gapMs: 0 });
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

  /** The Ingress is gone, or is not ours any more: its status belongs to the controller that serves it now. */
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

  /** Takes our addresses out of every status that still holds exactly them, as the last one out; what the signal cuts off stays. */
  async clearAll(signal: AbortSignal): Promise<ClearedStatuses> {
    const ours = this.#wanted === null ? "" : addressesText(this.#wanted);
    if (ours === "") return { cleared: 0, left: [] };
    const { served, snapshot } = this.#options;
    const found = [...served].filter((key) => addressesText(snapshot.get("Ingress", key)?.status ?? []) === ours);
    const left = new Set(found);
    const queue = found.values();
    const worker = async (): Promise<void> => {
      for (const key of queue) if (await this.#clear(key, ours, signal)) left.delete(key);
    };
    await Promise.all(Array.from({ length: WRITERS }, worker));
    return { cleared: found.length - left.size, left: [...left] };
  }

  /** True when our addresses are not there any more, even if another controller took them away. */
  async #clear(key: ObjectKey, ours: string, signal: AbortSignal): Promise<boolean> {
    const choose = ({ status }: Ingress): Addresses | null => (addressesText(status) === ours ? [] : null);
    return (await this.#patch(key, { choose, onConflict: "try-again" }, signal)) !== "failed";
  }

  async #write(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { leadership } = this.#options;
    const choose = ({ status }: Ingress): Addresses | null => {
      if (this.#wanted === null || !leadership.isLeader) return null;
      return addressesText(status) === addressesText(this.#wanted) ? null : this.#wanted;
    };
    using limit = new ScopedSignal([signal, leadership.leadSignal()], null);
    const done = await this.#patch(key, { choose, onConflict: "leave" }, limit.signal);
    if (typeof done === "object") this.#ledger.written(key, addressesText(done.addresses), done.version);
  }

  /** Tries until it is written, or there is nothing to write, or trying again does not help. */
  async #patch(key: ObjectKey, job: Job, signal: AbortSignal): Promise<Written | "nothing" | "failed"> {
    const { patch, random, rate, pause = sleepUntil } = this.#options;
    const backOff = new BackOff({ firstMs: 200, maxMs: 5_000, random });
    for (let tries = 0; tries < MAX_TRIES && !signal.aborted;) {
      if (this.#plan(key, job) === null) return "nothing";
      await rate.turn(signal);
      if (signal.aborted) break;
      // It may have changed while the turn came.
      const plan = this.#plan(key, job);
      if (plan === null) return "nothing";
      const answer = await patch(plan, signal);
      if (answer.ok) return this.#done(plan.addresses, answer.value);
      if (signal.aborted || !this.#fail(key, answer.error, job)) break;
      if (!isNotNow(answer.error)) tries++;
      await pause(Math.max(retryAfterOf(answer.error), backOff.drawMs()), signal);
    }
    return "failed";
  }

  #plan(key: ObjectKey, job: Job): StatusPatch | null {
    const { snapshot, served } = this.#options;
    const ingress = served.has(key) ? snapshot.get("Ingress", key) : undefined;
    const addresses = ingress === undefined ? null : job.choose(ingress);
    return ingress === undefined || addresses === null
      ? null
      : { key, resourceVersion: ingress.meta.resourceVersion, addresses };
  }

  #done(addresses: Addresses, version: string): Written {
    this.#counts.writes++;
    this.#failing = "";
    return { addresses, version };
  }

  /** True where trying again can help. */
  #fail(key: ObjectKey, failure: ApiFailure, { onConflict }: Job): boolean {
    if (failure.kind === "status" && failure.status === 409) return onConflict === "try-again";
    if (failure.kind === "status" && failure.status === 404) return false;
    this.#counts.failures++;
    const reason = formatFailure(failure);
    const { logger } = this.#options;
    if (reason !== this.#failing) logger.warn({ object: `Ingress ${key}`, reason }, "the status could not be written");
    this.#failing = reason;
    return isNotNow(failure) || (failure.kind === "status" && failure.status >= 500);
  }
}

function isNotNow(failure: ApiFailure): boolean {
  return failure.kind === "network" || NOT_NOW.has(failure.status);
}
