/** Door of the data plane: sockets in, upstreams out, and a model that can be replaced at any moment. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { ExchangeObserver } from "../model/finished-exchange.ts";
import type { Listener } from "../model/listener.ts";
import type { ModelDelta, ModelSink } from "../model/model.ts";
import { CertificateIndex, type DevCa } from "../tls/tls.ts";
import { sendRequest, UpstreamTable } from "../upstream/upstream.ts";
import { type RequestAcceptor, TimerWheel } from "../wire/wire.ts";
import type { ProxyCore } from "./core.ts";
import { Exchange } from "./exchange.ts";
import { ExchangeLog } from "./finish.ts";
import { createLimits } from "./limits/limits.ts";
import { type OpenListener, openListener } from "./listener/listener.ts";
import { Runtime } from "./runtime.ts";

export interface ProxyOptions {
  readonly listeners: readonly Listener[];
  readonly observer: ExchangeObserver;
  readonly logger: Logger;
  readonly clock: Clock;
  /** 0 ≤ x < 1. For balancing, canary weights and request ids. */
  readonly random: () => number;
  readonly healthCheckPath: string;
  /** Issues certificates for hosts whose secret is missing; null outside development. */
  readonly devCa: DevCa | null;
  /** Development: text that names the way out, shown on the 503 page of a service without endpoints. */
  readonly noEndpointsHint: ((service: { namespace: string; name: string; port: string }) => string) | null;
}

/** A running data plane. Until the first `apply` it answers 503. */
export interface Proxy extends ModelSink {
  /** Bound ports; 0 where there is no such listener. */
  readonly ports: { readonly http: number; readonly https: number };
  readonly openConnections: number;
  /** Stops accepting, lets exchanges and tunnels finish, cuts the rest after `graceMs`, then closes. */
  drain(graceMs: number): Promise<void>;
  /** Cuts everything at once. */
  close(): Promise<void>;
}

/** Opens every listener, or none: rejects when one cannot be bound. */
export async function openProxy(options: ProxyOptions): Promise<Proxy> {
  const parts = buildParts(options);
  const opened: OpenListener[] = [];
  try {
    for (const listener of options.listeners) opened.push(await open(listener, options, parts));
  } catch (error) {
    await closeAll(opened);
    parts.close();
    throw error;
  }
  return new RunningProxy(options.listeners, opened, parts);
}

interface Parts {
  readonly core: ProxyCore;
  readonly runtime: Runtime;
  readonly certificates: CertificateIndex;
  close(): void;
}

/** Limits are remembered for this many (Ingress, client) pairs: 4 MiB. */
const LIMITS_CAPACITY = 65_536;

function buildParts(options: ProxyOptions): Parts {
  const { clock, logger, random, devCa } = options;
  const wheel = new TimerWheel(clock);
  const upstreams = new UpstreamTable({ wheel, clock, random, logger });
  const issueForHost = devCa === null ? null : (host: string) => devCa.issue(host);
  const certificates = new CertificateIndex({ clock, logger, fallback: null, issueForHost });
  const runtime = new Runtime([upstreams, certificates]);
  const core: ProxyCore = {
    runtime,
    upstreams,
    sendRequest,
    limits: createLimits({ monotonicMs: () => clock.monotonicMs(), random, capacity: LIMITS_CAPACITY }),
    log: new ExchangeLog(options.observer, clock),
    logger,
    clock,
    random,
    wheel,
    healthCheckPath: options.healthCheckPath,
    noEndpointsHint: options.noEndpointsHint,
    forwardedPorts: {
      http: forwardedPort(options.listeners, "http"),
      https: forwardedPort(options.listeners, "https"),
    },
  };
  return {
    core,
    runtime,
    certificates,
    close: () => {
      upstreams.close();
      wheel.close();
    },
  };
}

function forwardedPort(listeners: readonly Listener[], name: Listener["name"]): string {
  return String(listeners.find((listener) => listener.name === name)?.forwardedPort ?? (name === "http" ? 80 : 443));
}

function open(listener: Listener, options: ProxyOptions, parts: Parts): Promise<OpenListener> {
  const { core } = parts;
  const acceptor: RequestAcceptor = {
    onRequest: (stream) => new Exchange(core, stream).start(),
    onRefused: (connection, refusal) => core.log.refused(connection, refusal),
  };
  return openListener(listener, {
    acceptor,
    certificates: listener.name === "https" ? parts.certificates : null,
    logger: options.logger,
    clock: options.clock,
    wheel: core.wheel,
    settings: () => parts.runtime.settings.model,
  });
}

class RunningProxy implements Proxy {
  readonly ports: { readonly http: number; readonly https: number };
  readonly #opened: readonly OpenListener[];
  readonly #parts: Parts;

  constructor(listeners: readonly Listener[], opened: readonly OpenListener[], parts: Parts) {
    const portOf = (name: Listener["name"]): number =>
      opened[listeners.findIndex((listener) => listener.name === name)]?.port ?? 0;
    this.ports = { http: portOf("http"), https: portOf("https") };
    this.#opened = opened;
    this.#parts = parts;
  }

  get openConnections(): number {
    return this.#opened.reduce((sum, listener) => sum + listener.connections, 0);
  }

  apply(delta: ModelDelta): void {
    this.#parts.runtime.apply(delta);
  }

  async drain(graceMs: number): Promise<void> {
    const stopped = Promise.all(this.#opened.map((listener) => listener.stopAccepting()));
    for (const listener of this.#opened) listener.drain();
    await this.#emptied(graceMs);
    await this.close();
    await stopped;
  }

  async close(): Promise<void> {
    await closeAll(this.#opened);
    this.#parts.close();
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
