/** Door of the data plane: sockets in, upstreams out, and a model that can be replaced at any moment. */
import { setImmediate as loopEnded } from "node:timers/promises";
import type { Clock } from "../lib/clock.ts";
import { type DescriptorMemory, DescriptorQuota } from "../lib/descriptor-quota.ts";
import type { Logger } from "../lib/logger.ts";
import type { ErrorPages } from "../model/error-pages.ts";
import type { ExchangeObserver } from "../model/finished-exchange.ts";
import type { Listener } from "../model/listener.ts";
import type { ModelDelta, ModelSink } from "../model/model.ts";
import type { Secret } from "../lib/secret.ts";
import { CertificateIndex, type DevCa, type PemPair } from "../tls/tls.ts";
import { type AnswerTimesMemory, sendRequest, UpstreamTable } from "../upstream/upstream.ts";
import { LoopBatch, type RequestAcceptor, TimerWheel, turnClock } from "../wire/wire.ts";
import type { ProxyCore } from "./exchange/core.ts";
import { Exchange } from "./exchange/exchange.ts";
import { ExchangeTracker } from "./exchange/exchange-tracker.ts";
import { RoutePrefetch } from "./exchange/route-prefetch.ts";
import { hsts } from "./filters/hsts.ts";
import {
  createLimits,
  createLimitsHolder,
  createLimitsMemory,
  type LimitsHolder,
  type LimitsMemory,
} from "./filters/limits/limits.ts";
import { type ListenerDeps, type OpenListener, openListener } from "./listener/listener.ts";
import { StartGate } from "./listener/start-gate.ts";
import type { Filter } from "./request/context.ts";
import { collectHooks } from "./request/hooks.ts";
import { RequestIds } from "./request/request-id.ts";
import { Runtime } from "./runtime/runtime.ts";

export { createLimitsHolder, createLimitsMemory, reclaimLimits } from "./filters/limits/limits.ts";
export type { LimitsHolder, LimitsMemory } from "./filters/limits/limits.ts";
export { ANSWER_TIMES_CAPACITY, type AnswerTimesMemory, createAnswerTimesMemory } from "../upstream/upstream.ts";

export interface ProxyOptions {
  readonly listeners: readonly Listener[];
  readonly observer: ExchangeObserver;
  readonly logger: Logger;
  readonly clock: Clock;
  /** 0 ≤ x < 1. For balancing, canary weights and request ids. */
  readonly random: () => number;
  readonly healthCheckPath: string;
  /** Where no certificate fits. */
  readonly fallbackCertificate: PemPair;
  /** Issues certificates for hosts whose secret is missing; null outside development. */
  readonly devCa: DevCa | null;
  readonly errorPages: ErrorPages;
  /** Further filters of every request, before those of hosts and routes. */
  readonly filters?: readonly Filter[];
  /** Development: a connection that comes before the first model waits for it, at most so long; null or absent: it is answered 503. */
  readonly startHoldMs?: number | null;
  /** What this data plane shares with others of the same process; a lone one shares nothing. */
  readonly shared?: SharedParts;
}

/** Parts that several data planes, each in its own thread, have in common. */
interface SharedParts {
  /** Whether the others bind the same ports. */
  readonly binding: "exclusive" | "shared";
  /** Makes one data plane's TLS sessions good for all. */
  readonly ticketSecret: Secret;
  readonly limits: { readonly memory: LimitsMemory; readonly holder: LimitsHolder };
  /** What balancers know of endpoints. */
  readonly answerTimes: AnswerTimesMemory;
  /** Two cells: client connections of this data plane that are open, and those accepted so far. */
  readonly connectionGauge: Int32Array;
  /** What all of them hold of the process' descriptors; absent: nobody counts. */
  readonly descriptors?: DescriptorMemory;
}

/** A running data plane. Until the first `apply` it answers 503. */
export interface Proxy extends ModelSink {
  /** Bound ports; 0 where there is no such listener, and before `listen`. */
  readonly ports: Ports;
  readonly openConnections: number;
  readonly load: ProxyLoad;
  /** Opens every listener, or none: rejects when one cannot be bound. Called once; the ports stand in for those of the listeners. */
  listen(ports: Ports): Promise<void>;
  /** Sessions from before are not resumed any more. */
  setTicketSecret(secret: Secret): void;
  /** Stops accepting, lets exchanges and tunnels finish, cuts the rest after `graceMs`, then closes. */
  drain(graceMs: number): Promise<void>;
  /** Cuts everything at once. */
  close(): Promise<void>;
}

/** How much a data plane has to do. */
export interface ProxyLoad {
  /** Exchanges under way, tunnels included. */
  readonly running: number;
  /** Connections to endpoints that wait for their next request. */
  readonly idleUpstreamConnections: number;
}

export interface Ports {
  readonly http: number;
  readonly https: number;
}

/** A data plane whose listeners are open. Rejects when one cannot be bound; nothing stays open then. */
export async function openProxy(options: ProxyOptions): Promise<Proxy> {
  const proxy = createProxy(options);
  const portOf = (name: Listener["name"]): number => options.listeners.find((one) => one.name === name)?.port ?? 0;
  await proxy.listen({ http: portOf("http"), https: portOf("https") });
  return proxy;
}

/** A data plane that takes a model, but no connection before `listen`. */
export function createProxy(options: ProxyOptions): Proxy {
  return new RunningProxy(options, buildParts(options));
}

interface Parts {
  readonly core: ProxyCore;
  /** Exchanges on their way to being decided about. */
  readonly begun: LoopBatch<Exchange>;
  readonly runtime: Runtime;
  readonly certificates: CertificateIndex;
  readonly upstreams: UpstreamTable;
  /** Null where connections do not wait for the first model. */
  readonly gate: StartGate | null;
  close(): void;
}

/** Limits are remembered for this many (Ingress, client) pairs: 4 MiB. */
export const LIMITS_CAPACITY = 65_536;

function ownLimits(random: () => number): SharedParts["limits"] {
  const memory = createLimitsMemory(LIMITS_CAPACITY, random);
  return { memory, holder: createLimitsHolder(memory, 1) };
}

function buildParts(options: ProxyOptions): Parts {
  const { logger, random, devCa, shared, startHoldMs = null } = options;
  const clock = turnClock(options.clock);
  const wheel = new TimerWheel(clock);
  const answerTimes = shared === undefined ? {} : { answerTimes: shared.answerTimes };
  const descriptors = shared?.descriptors === undefined ? null : endpointShare(shared.descriptors);
  const upstreams = new UpstreamTable({ wheel, clock, random, logger, descriptors, ...answerTimes });
  const issueForHost = devCa === null ? null : (host: string) => devCa.issue(host);
  const fallback = options.fallbackCertificate;
  const ticketSecret = shared?.ticketSecret ?? null;
  const certificates = new CertificateIndex({ clock, logger, fallback, issueForHost, ticketSecret });
  const runtime = new Runtime([upstreams, certificates], random);
  const core: ProxyCore = {
    runtime,
    upstreams,
    sendRequest,
    limits: createLimits({ monotonicMs: () => clock.monotonicMs(), ...(shared?.limits ?? ownLimits(random)) }),
    log: new ExchangeTracker(options.observer, clock),
    logger,
    clock,
    random,
    requestIds: new RequestIds(random),
    wheel,
    hooks: collectHooks([hsts, ...(options.filters ?? [])]),
    healthCheckPath: options.healthCheckPath,
    errorPages: options.errorPages,
    forwardedPorts: {
      http: forwardedPort(options.listeners, "http"),
      https: forwardedPort(options.listeners, "https"),
    },
  };
  const foresight = new RoutePrefetch(runtime.hosts);
  return {
    core,
    begun: new LoopBatch(
      (exchanges) => foresight.look(exchanges),
      (exchange) => exchange.start(),
    ),
    runtime,
    certificates,
    upstreams,
    gate: startHoldMs === null ? null : new StartGate(wheel, startHoldMs),
    close: () => {
      upstreams.close();
      wheel.close();
    },
  };
}

/** Half of the endpoints' share is for connections at work, whatever each thread keeps idle. */
function endpointShare(memory: DescriptorMemory): { readonly quota: DescriptorQuota; readonly idleLimit: number } {
  const { endpoints, threads } = memory.shares;
  return { quota: new DescriptorQuota(memory, "endpoints"), idleLimit: Math.ceil(endpoints / 2 / threads) };
}

function forwardedPort(listeners: readonly Listener[], name: Listener["name"]): string {
  return String(listeners.find((listener) => listener.name === name)?.forwardedPort ?? (name === "http" ? 80 : 443));
}

function open(listener: Listener, options: ProxyOptions, parts: Parts): Promise<OpenListener> {
  const { core, begun } = parts;
  const acceptor: RequestAcceptor = {
    onRequest: (stream) => begun.add(new Exchange(core, stream)),
    onRefused: (connection, refusal) =>
      core.log.refused(
        connection,
        refusal,
        core.runtime.settings.model.generateRequestId ? core.requestIds.next() : "",
      ),
    onTurnedAway: (connection, why) => core.log.turnedAway(connection, why),
  };
  return openListener(listener, {
    acceptor,
    certificates: listener.name === "https" ? parts.certificates : null,
    logger: options.logger,
    clock: options.clock,
    wheel: core.wheel,
    settings: () => parts.runtime.settings.model,
    gate: parts.gate,
    ...(options.shared === undefined ? {} : sharedByListener(options.shared)),
  });
}

function sharedByListener({ binding, connectionGauge, descriptors }: SharedParts): Partial<ListenerDeps> {
  const quota = descriptors === undefined ? null : new DescriptorQuota(descriptors, "clients");
  return { binding, gauge: connectionGauge, descriptors: quota };
}

class RunningProxy implements Proxy {
  readonly #options: ProxyOptions;
  readonly #parts: Parts;
  readonly #opened: OpenListener[] = [];

  constructor(options: ProxyOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
  }

  async listen(ports: Ports): Promise<void> {
    try {
      for (const listener of this.#options.listeners) {
        const port = ports[listener.name];
        this.#opened.push(await open({ ...listener, port }, this.#options, this.#parts));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  get ports(): Ports {
    const portOf = (name: Listener["name"]): number =>
      this.#opened[this.#options.listeners.findIndex((listener) => listener.name === name)]?.port ?? 0;
    return { http: portOf("http"), https: portOf("https") };
  }

  setTicketSecret(secret: Secret): void {
    this.#parts.certificates.setTicketSecret(secret);
  }

  get openConnections(): number {
    return this.#opened.reduce((sum, listener) => sum + listener.connections, 0);
  }

  get load(): ProxyLoad {
    const { core } = this.#parts;
    return { running: core.log.running, idleUpstreamConnections: this.#parts.upstreams.idleConnections };
  }

  apply(delta: ModelDelta): void {
    this.#parts.runtime.apply(delta);
    this.#parts.gate?.open();
  }

  async drain(graceMs: number): Promise<void> {
    const stopped = Promise.all(this.#opened.map((listener) => listener.stopAccepting()));
    this.#parts.gate?.open();
    for (const listener of this.#opened) listener.drain();
    await this.#emptied(graceMs);
    await this.close();
    await stopped;
  }

  /** Resolves when the observer knows of every exchange: the last ones may wait for the end of the loop's iteration. */
  async close(): Promise<void> {
    this.#parts.gate?.close();
    await closeAll(this.#opened);
    this.#parts.close();
    await loopEnded();
  }

  /**
   * Resolves when no connection is left, or after `graceMs`. Connections are waited for, not exchanges: the last bytes of an
   * answer may still be on their way when its exchange has finished.
   */
  #emptied(graceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    const check = (): void => {
      if (this.openConnections === 0) resolve();
    };
    for (const listener of this.#opened) listener.onEmpty = check;
    check();
    return promise.finally(() => clearTimeout(timer));
  }
}

async function closeAll(listeners: readonly OpenListener[]): Promise<void> {
  const stopped = listeners.map((listener) => listener.stopAccepting());
  for (const listener of listeners) listener.destroy();
  await Promise.all(stopped);
}
