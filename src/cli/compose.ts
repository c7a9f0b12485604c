import { createHealth, openAdmin } from "../admin/admin.ts";
import { Controller, type ObjectSource } from "../controller/controller.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { ExchangeObserver } from "../model/finished-exchange.ts";
import type { Listener } from "../model/listener.ts";
import type { ModelDelta, ModelSink } from "../model/model.ts";
import { Metrics } from "../observability/observability.ts";
import { openProxy, type Proxy } from "../proxy/proxy.ts";
import type { DevCa } from "../tls/tls.ts";
import { Translator, type TranslateOptions } from "../translate/translate.ts";
import { createProblemLog, type ProblemLogOptions } from "./problem-log.ts";

/** Everything a running Headgate is made of that differs between the commands. */
export interface Parts {
  readonly version: string;
  readonly listeners: readonly Listener[];
  readonly admin: { readonly address: string; readonly port: number };
  readonly healthCheckPath: string;
  readonly translate: TranslateOptions;
  readonly sources: readonly ObjectSource[];
  readonly logger: Logger;
  readonly problems: ProblemLogOptions;
  readonly clock: Clock;
  /** One line a request. */
  readonly requestLog: ExchangeObserver;
  readonly droppedLogLines: () => number;
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly devCa: DevCa | null;
  readonly noEndpointsHint: Parameters<typeof openProxy>[0]["noEndpointsHint"];
  /** Sees every delta after the proxy took it; null when nobody is interested. */
  readonly onApplied: ((delta: ModelDelta) => void) | null;
}

/** A running Headgate: proxy, controller, admin server. */
export interface Headgate {
  readonly ports: { readonly http: number; readonly https: number; readonly admin: number };
  /** Rejects with the signal's reason. */
  whenSynced(signal: AbortSignal): Promise<void>;
  /** From now on the health probe fails; traffic is still served. */
  failHealth(): void;
  /** Stops accepting and waits for what is in flight, at most that long. */
  drain(limitMs: number): Promise<void>;
  /** Releases every socket, watch and timer. */
  stop(): Promise<void>;
}

/** Changes that come within this time are published together. */
const HOLD_OFF_MS = 20;

/** Opens proxy and admin server, then starts following the sources. Rejects when a port cannot be bound; nothing stays open then. */
export async function openHeadgate(parts: Parts): Promise<Headgate> {
  let proxy: Proxy | null = null;
  const metrics = openMetrics(parts, () => proxy?.openConnections ?? 0);
  const opened = await openDataPlane(parts, metrics);
  proxy = opened;
  const health = createHealth();
  const admin = await openAdmin({
    ...parts.admin,
    pages: {
      health,
      healthCheckPath: parts.healthCheckPath,
      metrics: () => metrics.print(),
      devCaPem: parts.devCa?.certPem ?? null,
    },
    logger: parts.logger,
  }).catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  const controller = startController(parts, metrics, opened);
  const stopping = new AbortController();
  controller.whenSynced(stopping.signal).then(
    () => health.markReady(),
    () => {},
  );
  return {
    ports: { ...opened.ports, admin: admin.port },
    whenSynced: (signal) => controller.whenSynced(signal),
    failHealth: () => health.markShuttingDown(),
    drain: (limitMs) => opened.drain(limitMs),
    stop: async () => {
      stopping.abort();
      await controller.stop();
      await opened.close();
      await admin.close();
    },
  };
}

function openMetrics(parts: Parts, openConnections: () => number): Metrics {
  const { clock, version, droppedLogLines, pod } = parts;
  const controller = { class: parts.translate.controllerClass, namespace: pod.namespace, pod: pod.name };
  return new Metrics({ clock, version, controller, droppedLogLines, openConnections });
}

function openDataPlane(parts: Parts, metrics: Metrics): Promise<Proxy> {
  const { listeners, logger, clock, healthCheckPath, devCa, noEndpointsHint, requestLog } = parts;
  const observer: ExchangeObserver = {
    onFinish: (exchange) => {
      metrics.onFinish(exchange);
      requestLog.onFinish(exchange);
    },
  };
  const random = Math.random;
  return openProxy({ listeners, observer, logger, clock, random, healthCheckPath, devCa, noEndpointsHint });
}

function startController(parts: Parts, metrics: Metrics, proxy: Proxy): Controller {
  const { sources, logger, clock } = parts;
  const logProblems = createProblemLog(logger, parts.problems);
  const controller = new Controller({
    sources,
    translator: new Translator(parts.translate),
    sink: measured(proxy, metrics, parts.onApplied),
    logger,
    clock,
    holdOffMs: HOLD_OFF_MS,
    onProblems: (changed) => {
      metrics.recordProblems(changed);
      logProblems(changed);
    },
  });
  controller.start();
  return controller;
}

/** Counts what the data plane took, and what it refused by throwing: the controller logs that and goes on. */
function measured(proxy: ModelSink, metrics: Metrics, onApplied: Parts["onApplied"]): ModelSink {
  return {
    apply: (delta) => {
      try {
        proxy.apply(delta);
      } catch (error) {
        metrics.recordFailed();
        throw error;
      }
      metrics.recordApplied(delta);
      onApplied?.(delta);
    },
  };
}
