import type { Logger } from "../lib/logger.ts";
import type { ErrorPages } from "../model/error-pages.ts";
import type { Listener } from "../model/listener.ts";
import type { RequestMetricsOptions } from "../model/request-metrics-options.ts";
import { createThreadMemory, WriteLock } from "../observability/observability.ts";
import {
  ANSWER_TIMES_CAPACITY,
  createAnswerTimesMemory,
  createLimitsHolder,
  createLimitsMemory,
  LIMITS_CAPACITY,
  type LimitsMemory,
  reclaimLimits,
} from "../proxy/proxy.ts";
import { createTicketSecret, type DevCaKeys, type PemPair } from "../tls/tls.ts";
import type { Clock } from "../lib/clock.ts";
import {
  createDescriptorCells,
  type DescriptorShares,
  reclaimDescriptors,
  shareDescriptors,
} from "../lib/descriptor-quota.ts";
import type { Secret } from "../lib/secret.ts";
import { GAUGE, type WorkerBoot, type WorkerLog } from "./messages.ts";

/** What the workers of a pool are told alike. */
export interface CommonOptions {
  /** What serves the sockets of the start. */
  readonly listeners: readonly Listener[];
  /** `exclusive`: at most one worker at a time, and nobody else can bind the ports. */
  readonly binding: "exclusive" | "shared";
  readonly healthCheckPath: string;
  readonly errorPages: ErrorPages;
  /** Development: see `ProxyOptions`. */
  readonly startHoldMs: number | null;
  /** Development: issues certificates for hosts without one. */
  readonly devCa: DevCaKeys | null;
  readonly requestMetrics: RequestMetricsOptions;
  readonly log: WorkerLog;
  /** Files and sockets that the process may have open; default: no limit. */
  readonly descriptorLimit?: number;
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly logger: Logger;
}

const GAUGES_BYTES = Object.keys(GAUGE).length * Int32Array.BYTES_PER_ELEMENT;

/** What workers have in common, and what is left when one dies. */
export class SharedState {
  readonly #options: CommonOptions;
  readonly #fallbackCertificate: PemPair;
  readonly #limits: LimitsMemory;
  readonly #shares: DescriptorShares;
  readonly #descriptors = createDescriptorCells();
  readonly #answerTimes = createAnswerTimesMemory(ANSWER_TIMES_CAPACITY);
  /** The main thread is 1. */
  #lastId = 1;
  ticketSecret: Secret = createTicketSecret();

  /** `threads`: how many workers there are, as far as that is known. */
  constructor(options: CommonOptions, fallbackCertificate: PemPair, threads: number) {
    this.#options = options;
    this.#shares = shareDescriptors(options.descriptorLimit ?? Number.POSITIVE_INFINITY, threads);
    this.#fallbackCertificate = fallbackCertificate;
    this.#limits = createLimitsMemory(LIMITS_CAPACITY, options.random);
  }

  /** All that one more worker is born with. */
  nextBoot(): WorkerBoot {
    const { listeners, binding, healthCheckPath, errorPages, startHoldMs, devCa, requestMetrics, log } = this.#options;
    const id = ++this.#lastId;
    return {
      id,
      listeners,
      binding,
      healthCheckPath,
      errorPages,
      startHoldMs,
      devCa,
      fallbackCertificate: this.#fallbackCertificate,
      ticketSecret: this.ticketSecret,
      limits: { memory: this.#limits, holder: createLimitsHolder(this.#limits, id) },
      answerTimes: this.#answerTimes,
      descriptors: { shares: this.#shares, all: this.#descriptors, own: createDescriptorCells() },
      gauges: new Int32Array(new SharedArrayBuffer(GAUGES_BYTES)),
      thread: createThreadMemory(),
      requestMetrics,
      log,
    };
  }

  /** Gives back what a dead worker held. */
  reclaim({ id, limits, descriptors, log }: WorkerBoot): void {
    reclaimLimits(limits.memory, limits.holder);
    reclaimDescriptors(descriptors);
    for (const memory of [log.stdoutLock, log.stderrLock]) new WriteLock(id, memory).release();
  }
}
