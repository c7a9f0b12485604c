import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { type ApiClient, type ApiFailure, formatFailure } from "../api-source/api-client.ts";
import { BackOff } from "../api-source/back-off.ts";
import { WorkQueue } from "../work-queue.ts";
import type { WriteRate } from "../write-rate.ts";
import { type CorrelatedEvent, EventCorrelator, type EventInput, type EventObject } from "./event-correlator.ts";

export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Looked at when an Event is written: one about an object that is gone by then is news of nothing. */
  isStillThere(object: EventObject): boolean;
  /** Name of the pod, as `source.host` tells it. */
  readonly instance: string;
  /** Between two writes; 0 for none. */
  readonly gapMs: number;
  /** Every try of a write takes its turn there. */
  readonly rate: WriteRate;
}

/** Events waiting to be written; more are dropped. */
const QUEUE_LIMIT = 5_000;
const MAX_TRIES = 3;
const MESSAGE_LIMIT = 1024;
const SHUTDOWN_MS = 2_000;

/** Writes Events, one after the other and never in anybody's way. An Event is news, not state: what cannot be written is dropped. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  /** By id: a newer occurrence takes the place of one that still waits. */
  readonly #queue: WorkQueue<CorrelatedEvent>;
  /** Id to the path of the written Event. */
  readonly #written = new Map<string, string>();
  #dropped = 0;
  #failing = "";

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = new EventCorrelator(options.clock);
    this.#queue = new WorkQueue((event, signal) => this.#write(event, signal), { workers: 1, gapMs: options.gapMs });
  }

  /** Events that were never written, because there were too many or the server refused them. */
  get dropped(): number {
    return this.#dropped;
  }

  record(input: EventInput): void {
    const event = this.#correlator.correlate(input);
    if (event === null || (this.#queue.size >= QUEUE_LIMIT && !this.#queue.has(event.id))) this.#dropped++;
    else this.#queue.add(event.id, event);
  }

  /** Resolves when nothing waits any more. */
  whenIdle(): Promise<void> {
    return this.#queue.whenIdle();
  }

  /** Writes what waits, for two seconds at most, and ends. */
  async stop(): Promise<void> {
    const late = setTimeout(() => void this.#queue.stop(), SHUTDOWN_MS);
    await this.#queue.whenIdle();
    clearTimeout(late);
    await this.#queue.stop();
  }

  async #write(event: CorrelatedEvent, signal: AbortSignal): Promise<void> {
    const backOff = new BackOff({ firstMs: 200, maxMs: 2_000, random: this.#options.random });
    for (let tries = 0; tries < MAX_TRIES && !signal.aborted; tries++) {
      await this.#options.rate.turn(signal);
      if (signal.aborted) break;
      // It may have gone while the turn came.
      if (!this.#options.isStillThere(event.input.object)) return;
      const failure = await this.#writeOnce(event, signal);
      if (failure === null) return;
      if (signal.aborted || !this.#mayHelp(failure)) break;
      await backOff.pause(failure.kind === "status" ? (failure.retryAfterMs ?? 0) : 0, signal);
    }
    this.#dropped++;
  }

  async #writeOnce(event: CorrelatedEvent, signal: AbortSignal): Promise<ApiFailure | null> {
    const { client } = this.#options;
    const path = this.#written.get(event.id);
    if (path !== undefined) {
      const body = { count: event.count, lastTimestamp: time(event.lastMs), message: cut(event.input.message) };
      const answer = await client.write({ verb: "patch", path, body }, signal);
      if (answer.ok) return null;
      // Events live for an hour; the next occurrence is a new one.
      if (answer.error.kind !== "status" || answer.error.status !== 404) return answer.error;
      this.#written.delete(event.id);
    }
    const namespace = event.input.object.namespace === "" ? "default" : event.input.object.namespace;
    const collection = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    const name = this.#nameOf(event);
    const body = this.#format(event, { namespace, name });
    const answer = await client.write({ verb: "create", path: collection, body }, signal);
    if (!answer.ok) return answer.error;
    this.#failing = "";
    this.#written.set(event.id, `${collection}/${encodeURIComponent(name)}`);
    if (this.#written.size > QUEUE_LIMIT) this.#forgetOldest();
    return null;
  }

  /** Object and time, as client-go names them. */
  #nameOf({ input, firstMs }: CorrelatedEvent): string {
    const unique = Math.floor(this.#options.random() * 0x1_0000_0000);
    return `${input.object.name.slice(0, 220)}.${firstMs.toString(16)}${unique.toString(16).padStart(8, "0")}`;
  }

  #format(event: CorrelatedEvent, metadata: { readonly namespace: string; readonly name: string }): unknown {
    const { object, type, reason, message } = event.input;
    const { uid, ...involved } = object;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata,
      involvedObject: { ...involved, ...(uid === "" ? {} : { uid }) },
      reason,
      message: cut(message),
      type,
      count: event.count,
      firstTimestamp: time(event.firstMs),
      lastTimestamp: time(event.lastMs),
      // As ingress-nginx names itself: tools select by it.
      source: { component: "nginx-ingress-controller", host: this.#options.instance },
      reportingComponent: "nginx-ingress-controller",
      reportingInstance: this.#options.instance,
    };
  }

  #mayHelp(failure: ApiFailure): boolean {
    const reason = formatFailure(failure);
    if (reason !== this.#failing) this.#options.logger.warn({ reason }, "Events cannot be written");
    this.#failing = reason;
    return failure.kind === "network" || failure.status === 429 || failure.status >= 500;
  }

  #forgetOldest(): void {
    const [oldest] = this.#written.keys();
    if (oldest !== undefined) this.#written.delete(oldest);
  }
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function cut(message: string): string {
  return message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT - 1)}…`;
}
